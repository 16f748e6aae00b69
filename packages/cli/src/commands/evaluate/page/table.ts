import { type Html, html, type Part } from './html.ts'

/** A table with its caption; the first cell of a row names it. Where it is too wide it scrolls, by keyboard too. */
export const tableOf = (caption: string, header: readonly Part[], rows: readonly (readonly Part[])[]): Html => html`
<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption><span>${caption}</span></caption>
<thead><tr>${header.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([name = '', ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
)}</tbody>
</table>
</div>`
