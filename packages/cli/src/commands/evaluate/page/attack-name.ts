import { Html, html } from './html.ts'

/** An attack as it is spelled, which may go on in the next line after each of its parts. */
export const attackName = (attack: string): Html =>
  html`${attack.split('+').flatMap((part, i) => (i === 0 ? [part] : [BREAK, part]))}`

const BREAK = new Html('+<wbr>')
