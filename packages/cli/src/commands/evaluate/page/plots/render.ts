import type { Config, TopLevelSpec } from 'vega-lite'
import { Html, html } from '../html.ts'

/** A plot before it is drawn: for a window of some width, in pixels. */
export interface Plot {
  readonly caption: string
  /** The same in a sentence or two, for whoever does not see it. */
  readonly description: string
  specOf(width: number): TopLevelSpec
}

/** Colours that are told apart on light and dark grounds, and by those who see fewer of them; lines differ in their dashes too. */
export const COLOURS = [
  '#0f8ec7',
  '#d97706',
  '#2a9d6f',
  '#c2477f',
  '#7c6fd6',
  '#8a8f1d',
  '#b3543a',
  '#5b7f95',
  '#a05fb4',
  '#3f9f9f',
]
export const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [12, 4],
]

/** Axes and texts have the page's colour, in light and in dark. */
const CONFIG: Config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: 'transparent' },
  axis: {
    ...{ labelColor: 'currentColor', titleColor: 'currentColor', titleFontWeight: 'normal' },
    ...{ domainColor: 'currentColor', tickColor: 'currentColor', gridColor: 'currentColor', gridOpacity: 0.12 },
    ...{ labelFontSize: 12, titleFontSize: 12, labelLimit: 260, domainOpacity: 0.5, tickOpacity: 0.5 },
  },
  legend: { labelColor: 'currentColor', titleColor: 'currentColor', labelFontSize: 12, labelLimit: 300 },
  text: { fill: 'currentColor', fontSize: 12 },
}

const WIDTHS = { wide: 420, narrow: 250 } as const

/** Draws a plot as inline SVG, once for wide windows and once for narrow ones, in which its text would shrink. */
export async function renderPlot(plot: Plot): Promise<Html> {
  const wide = await svgOf(plot, WIDTHS.wide)
  const narrow = await svgOf(plot, WIDTHS.narrow)
  return html`<figure role="group" aria-label="${plot.caption}">
<div class="wide">${wide}</div>
<div class="narrow">${narrow}</div>
<figcaption>${plot.caption}</figcaption>
</figure>`
}

async function svgOf({ description, specOf }: Plot, width: number): Promise<Html> {
  // Hundreds of kilobytes, which no other command needs.
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  const spec = { description, ...specOf(width) }
  const view = new View(parse(compile(spec, { config: CONFIG, logger: SILENT }).spec), { renderer: 'none' })
  try {
    const svg = await view.toSVG()
    // Inside HTML the names of its languages are known, and marks are named by the table beside the plot.
    return new Html(svg.replace(/ xmlns(:\w+)?="[^"]*"/g, '').replace(/<svg /, '<svg role="img" '))
  } finally {
    view.finalize()
  }
}

/** Nothing is written to standard output but results. */
const SILENT = {
  level: () => 0,
  error: () => SILENT,
  warn: () => SILENT,
  info: () => SILENT,
  debug: () => SILENT,
}
