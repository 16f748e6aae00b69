// @ts-check
import { sharpCodec } from '@stablesig/backend-node'
import { balanced, calibrateTracer, judge } from '@stablesig/core/tracing'
import { BELONGING } from './scored.mjs'
import { table } from './table.mjs'

/**
 * Scores that verdicts rest on: of balanced with and without colours, where they are among the statistics.
 * @param {import('./scored.mjs').Setting & { images: import('@stablesig/backend-node').FileImageSet, statistics: readonly import('./statistics.mjs').Statistic[] }} setting
 */
export async function calibrated({ autoencoder, saved, size, images, statistics }) {
  const asked = statistics.flatMap(({ names }) => names)
  const methods = [balanced(), balanced({ colour: true })].filter(({ name }) => asked.includes(name))
  if (methods.length === 0) return []
  const given = { autoencoder, images, size, methods, formats: [saved], codec: sharpCodec() }
  return (await calibrateTracer(given)).sets
}

/**
 * What is said of the images of each class: rows are what they are, columns what they are taken for.
 * @param {readonly import('./scored.mjs').Result[]} results
 * @param {import('@stablesig/core/tracing').CalibrationSet} calibration
 * @param {number} alpha
 */
export function confusion(results, calibration, alpha) {
  const { scores } = results.find(({ name }) => name === calibration.method) ?? { scores: new Map() }
  const verdicts = /** @type {const} */ (['belongs', 'foreign', 'undecided'])
  const rows = [...scores].map(([name, list]) => {
    const said = list.map((/** @type {number} */ score) => judge(score, calibration, alpha))
    const count = (/** @type {string} */ verdict) =>
      said.filter((/** @type {{ verdict: string }} */ one) => one.verdict === verdict).length
    const unlikely = said.filter((/** @type {{ pForeign: { p: number } }} */ one) => one.pForeign.p <= 0.01).length
    return [
      name in calibration.foreign || name === BELONGING ? name : `${name} *`,
      ...verdicts.map(count),
      unlikely,
      list.length,
    ]
  })
  const note = '* not among what was calibrated on as foreign'
  return `${table(['', ...verdicts, 'pForeign <= .01', 'images'], rows)}\n${note}`
}
