import { Html } from './html.ts'

/** The page's looks, in light and dark. What is too wide for a narrow window scrolls within itself, never the page. */
export const STYLE = new Html(`
:root { color-scheme: light dark; --ground: #fff; --text: #1c1f23; --soft: #5a626c; --line: #d5dae0; --raised: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171a; --text: #e6e9ec; --soft: #a2abb5; --line: #363d45; --raised: #1d2226; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
p { margin: .5rem 0; max-width: 75ch; }
.soft, figcaption, caption { color: var(--soft); font-size: .9rem; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .25rem 0 .5rem; }
caption span { display: block; position: sticky; left: 0; width: fit-content; max-width: min(75ch, calc(100vw - 2rem)); white-space: normal; }
th, td { padding: .3rem .75rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-right: 1.25rem; }
thead th { vertical-align: bottom; border-bottom-color: var(--soft); }
tbody th { font-weight: 400; white-space: normal; min-width: 7rem; }
td small, th small { display: block; color: var(--soft); font-weight: 400; font-size: .8rem; }
figure { margin: 1rem 0; }
figure svg { display: block; max-width: 100%; height: auto; }
.narrow { display: none; }
@media (max-width: 720px) { .wide { display: none; } .narrow { display: block; } }
.plots figure:first-child { grid-column: 1 / -1; }
.plots { display: grid; align-items: start; gap: 0 2rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 1300px) { .plots { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.sheet { display: grid; gap: 1.25rem; padding: 0; margin: 1rem 0; list-style: none; }
.sheet h3 { font-size: .95rem; font-weight: 600; margin: 0 0 .25rem; overflow-wrap: anywhere; }
.sheet h3 span { color: var(--soft); font-weight: 400; }
.pictures { display: grid; gap: .5rem; grid-template-columns: repeat(4, minmax(0, 1fr)); }
@media (max-width: 720px) { .pictures { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.pictures figure { margin: 0; background: var(--raised); }
.pictures img { display: block; width: 100%; height: auto; }
.pictures figcaption { padding: .15rem .4rem .3rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem 1rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
`)
