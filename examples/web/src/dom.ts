/** The element that matches, of a class. @throws Error where the page has none: its markup and its script do not fit */
export function element<T extends Element>(kind: new () => T, selector: string, within: ParentNode = document): T {
  const found = within.querySelector(selector)
  if (found instanceof kind) return found
  throw new Error(`the page has no ${kind.name} ${selector}`)
}

/** Says something in a place that screen readers follow. */
export function say(place: Element, text: string, failed = false): void {
  place.classList.toggle('failed', failed)
  if (place.textContent !== text) place.textContent = text
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Calls `use` with the files that a control was given, and lets the same ones be chosen again. */
export function onFiles(selector: string, use: (files: readonly File[]) => void): void {
  const input = element(HTMLInputElement, selector)
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    input.value = ''
    if (files.length > 0) use(files)
  })
}

/** Fills a list of terms and what is said of each. */
export function facts(list: HTMLDListElement, entries: readonly (readonly [term: string, said: string])[]): void {
  list.replaceChildren(
    ...entries.flatMap(([term, said]) => {
      const [dt, dd] = [document.createElement('dt'), document.createElement('dd')]
      dt.textContent = term
      dd.textContent = said
      return [dt, dd]
    }),
  )
}
