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
