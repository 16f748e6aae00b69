// @ts-check
import { auc } from '@stablesig/core/metrics'
import { BELONGING } from './scored.mjs'
import { rising } from './table.mjs'

const [WIDTH, HEIGHT] = [640, 400]
const PLOT = { left: 56, top: 40, width: 300, height: 300 }
/** Readable on white and on black, and by those who tell few colours apart. */
const COLOURS = ['#c2410c', '#2f7ed8', '#1a9850', '#9467bd', '#b8860b', '#c71585']
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '12 4', '4 2']

/**
 * ROC curves of all statistics, belonging images against foreign ones of all classes, as an SVG of its own: its text and lines take the
 * page's colour, and the reader's choice of light or dark where it stands alone.
 * @param {readonly import('./scored.mjs').Result[]} results
 */
export function rocPlot(results) {
  const { left, top, width, height } = PLOT
  const x = (/** @type {number} */ rate) => (left + rate * width).toFixed(1)
  const y = (/** @type {number} */ rate) => (top + (1 - rate) * height).toFixed(1)
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  const grid = ticks.flatMap((rate) => [
    `<path class="grid" d="M${x(rate)} ${y(0)}V${y(1)}M${x(0)} ${y(rate)}H${x(1)}"/>`,
    `<text x="${x(rate)}" y="${top + height + 18}" text-anchor="middle">${rate}</text>`,
    `<text x="${left - 8}" y="${Number(y(rate)) + 4}" text-anchor="end">${rate}</text>`,
  ])
  const curves = results.flatMap(({ name, scores }, i) => {
    const positives = rising(scores.get(BELONGING) ?? [])
    const negatives = rising([...scores].flatMap(([kind, list]) => (kind === BELONGING ? [] : list)))
    const line = points(positives, negatives).map(([fpr, tpr]) => `${x(fpr)},${y(tpr)}`)
    const style = `stroke="${COLOURS[i % COLOURS.length]}" stroke-dasharray="${DASHES[i % DASHES.length]}"`
    const row = top + 14 + 40 * i
    const at = left + width + 24
    return [
      `<polyline class="curve" points="${line.join(' ')}" ${style}/>`,
      `<path class="curve" d="M${at} ${row}h28" ${style}/>`,
      `<text x="${at}" y="${row + 18}">${escaped(name)}, AUC ${auc(positives, negatives).toFixed(3)}</text>`,
    ]
  })
  const names = results.map(({ name }) => name).join(', ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="roc-title">
<title id="roc-title">ROC curves: ${escaped(names)}</title>
<style>
svg { color-scheme: light dark; color: #1f2328; background: #fff; font: 12px system-ui, sans-serif }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3; background: #0d1117 } }
text { fill: currentColor }
.grid { stroke: currentColor; stroke-opacity: .18; fill: none }
.curve { fill: none; stroke-width: 2.2 }
</style>
<text x="${left}" y="22" font-weight="600">Belonging images found, by foreign ones taken for them</text>
${[...grid, `<path class="grid" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}"/>`, ...curves].join('\n')}
<text x="${left + width / 2}" y="${top + height + 40}" text-anchor="middle">share of foreign images</text>
<text transform="translate(16 ${top + height / 2}) rotate(-90)" text-anchor="middle">share of belonging images</text>
</svg>
`
}

/**
 * Corners of the curve, from nothing flagged to everything: a corner wherever a threshold lets more in.
 * @param {readonly number[]} positives
 * @param {readonly number[]} negatives
 * @returns {[fpr: number, tpr: number][]}
 */
function points(positives, negatives) {
  const thresholds = [...new Set([...positives, ...negatives])].sort((a, b) => b - a)
  const share = (/** @type {readonly number[]} */ scores, /** @type {number} */ from) =>
    scores.filter((score) => score >= from).length / scores.length
  return [
    [0, 0],
    ...thresholds.map((from) => /** @type {[number, number]} */ ([share(negatives, from), share(positives, from)])),
  ]
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
