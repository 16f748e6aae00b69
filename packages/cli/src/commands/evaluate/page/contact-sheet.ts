import { type Html, html } from './html.ts'

/** A picture to show, embedded in the page. */
export interface SheetPicture {
  /** What it is, under it: 'signed'. */
  readonly caption: string
  /** What one sees who does not see it. */
  readonly alt: string
  /** data:image/… */
  readonly src: string
  readonly width: number
  readonly height: number
}

/** The same picture in several states, side by side. */
export interface SheetRow {
  readonly name: string
  /** A few words beside the name: '31.2 dB'. */
  readonly note: string
  readonly pictures: readonly SheetPicture[]
}

/** Pictures to be looked at: a list, each with its states in a row. */
export const contactSheet = (rows: readonly SheetRow[]): Html => html`<ol class="sheet">
${rows.map(
  ({ name, note, pictures }) => html`<li>
<h3>${name} <span>${note}</span></h3>
<div class="pictures">
${pictures.map(
  ({ caption, alt, src, width, height }) =>
    html`<figure><img src="${src}" alt="${alt}" width="${width}" height="${height}" loading="lazy" decoding="async"><figcaption>${caption}</figcaption></figure>
`,
)}</div>
</li>
`,
)}</ol>`
