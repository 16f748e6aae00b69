/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

export type Part = string | number | Html | readonly Part[]

/** HTML of a template, in which whatever is put in is escaped unless it is HTML itself: names of files cannot become elements. */
export const html = (template: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(template.map((text, i) => text + (i < parts.length ? render(parts[i] ?? '') : '')).join(''))

function render(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(render).join('')
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
