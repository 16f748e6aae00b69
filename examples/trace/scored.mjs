// @ts-check
import { sharpCodec } from '@stablesig/backend-node'
import { reconstruct, savedImages, specimens } from '@stablesig/core/tracing'
import { concat, dispose, tidy } from '@tensorflow/tfjs-core'

/**
 * @typedef {import('@stablesig/core').Autoencoder} Autoencoder
 * @typedef {import('@stablesig/core').UnitImages} UnitImages
 * @typedef {import('@stablesig/core/tracing').SavedFormat} SavedFormat
 * @typedef {{ autoencoder: Autoencoder, other: Autoencoder | null, saved: SavedFormat, size: number }} Setting
 * @typedef {object} Result what one statistic gives
 * @property {string} name
 * @property {number} seconds of one core, an image: the median over photographs
 * @property {Map<string, number[]>} scores by class
 */

export const BELONGING = 'belonging'
/** What a photograph was saved as before, where it is foreign for that. */
const COPIES = /** @type {const} */ ({ format: 'jpeg', quality: 90 })

/**
 * Makes belonging and foreign images of photographs, and scores them by each statistic.
 * @param {Setting & { images: import('@stablesig/backend-node').FileImageSet, statistics: import('./statistics.mjs').Statistic[] }} given
 * @returns {Promise<Result[]>}
 */
export async function scored({ autoencoder, images, statistics, ...setting }) {
  const results = statistics.map(({ names }) => names.map((name) => ({ name, seconds: 0, scores: new Map() })))
  /** @type {number[][]} */
  const seconds = statistics.map(() => [])
  for (let index = 0; index < images.length; index++) {
    const photograph = await images.read(index, setting.size)
    const classes = await made(autoencoder, photograph, setting)
    photograph.dispose()
    const all = /** @type {UnitImages} */ (tidy(() => concat([...classes.values()])))
    dispose([...classes.values()])
    for (const [i, statistic] of statistics.entries()) {
      if (index >= statistic.images) continue
      const before = process.cpuUsage()
      const rows = await statistic.score(autoencoder, all)
      const { user, system } = process.cpuUsage(before)
      seconds[i]?.push((user + system) / 1e6 / rows.length)
      for (const [place, name] of [...classes.keys()].entries())
        for (const [column, result] of (results[i] ?? []).entries())
          result.scores.set(name, [...(result.scores.get(name) ?? []), rows[place]?.[column] ?? Number.NaN])
    }
    all.dispose()
    process.stderr.write(`${index + 1} of ${images.length} photographs\n`)
  }
  return results.flatMap((columns, i) => columns.map((result) => ({ ...result, seconds: median(seconds[i] ?? []) })))
}

/**
 * Images of a photograph by class, as they are once saved: [1,H,W,3] each.
 * @param {Autoencoder} autoencoder
 * @param {UnitImages} photograph
 * @param {Omit<Setting, 'autoencoder'>} setting
 * @returns {Promise<Map<string, UnitImages>>}
 */
async function made(autoencoder, photograph, { other, saved }) {
  const codec = sharpCodec()
  const { belonging, foreign } = specimens(autoencoder, photograph)
  const copies = await savedImages(photograph, COPIES, codec)
  const classes = { [BELONGING]: belonging, ...foreign, 'JPEG copies': copies }
  const more = other ? { 'other decoder': reconstruct(other, photograph) } : {}
  const files = new Map()
  for (const [name, images] of Object.entries({ ...classes, ...more })) {
    files.set(name, await savedImages(images, saved, codec))
    images.dispose()
  }
  return files
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
