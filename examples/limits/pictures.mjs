// @ts-check
import { decode, encode } from '@stablesig/core'
import { add, clipByValue, concat, dispose, div, floor, mul, tidy } from '@tensorflow/tfjs-core'

/**
 * @typedef {import('@stablesig/core').UnitImages} UnitImages
 * @typedef {import('@tensorflow/tfjs-core').Tensor4D} Tensor4D
 * @typedef {import('./users.mjs').User} User
 * @typedef {{
 *   readonly autoencoder: import('@stablesig/core').Autoencoder
 *   readonly extractor: import('@stablesig/core').Extractor
 *   readonly training: import('@stablesig/core').ImageSet
 *   readonly photographs: import('@stablesig/core').ImageSet
 *   readonly users: readonly User[]
 *   readonly codec: import('@stablesig/core/transforms').ImageCodec
 *   readonly judge: import('./judge.mjs').Judge
 *   readonly images: number
 *   readonly size: number
 *   readonly ladderSize: number
 *   readonly levels: readonly number[]
 *   readonly gradient: { readonly size: number, readonly steps: number }
 *   readonly finetune: { readonly at: readonly number[], readonly rates: readonly number[] }
 *   readonly residuals: readonly number[]
 *   readonly other: import('@stablesig/core').Autoencoder | null
 *   readonly openOtherExtractor: () => Promise<import('@stablesig/core').Extractor>
 * }} World
 */

/** Pictures that go through a network together. */
const BATCH = 4

/**
 * Calls `use` with `count` photographs of a set, a batch [N,size,size,3] at a time.
 * @param {import('@stablesig/core').ImageSet} images
 * @param {{ readonly size: number, readonly count: number, readonly from?: number }} which
 * @param {(photographs: UnitImages, first: number) => Promise<void>} use
 */
export async function eachBatch(images, { size, count, from = 0 }, use) {
  for (let first = from; first < from + count; first += BATCH) {
    /** @type {UnitImages[]} */
    const parts = []
    for (let i = first; i < Math.min(from + count, first + BATCH); i++)
      parts.push(await images.read(i % images.length, size))
    const photographs = /** @type {UnitImages} */ (concat(/** @type {Tensor4D[]} */ (parts)))
    dispose(parts)
    await use(photographs, first).finally(() => photographs.dispose())
  }
}

/**
 * What a decoder makes of photographs, as 8 bits keep it.
 * @param {Pick<World, 'autoencoder'>} world
 * @param {import('@stablesig/core').LatentDecoder} decoder
 * @param {UnitImages} photographs
 */
export const pictures = ({ autoencoder }, decoder, photographs) =>
  stored(tidy(() => decode({ decoder }, encode(autoencoder, photographs))))

/**
 * Images as 8 bits keep them, read once, so that nothing of what made them is computed again. What is given is disposed.
 * @param {UnitImages} images
 */
export async function stored(images) {
  const rounded = /** @type {UnitImages} */ (
    tidy(() => div(floor(add(mul(clipByValue(/** @type {Tensor4D} */ (images), 0, 1), 255), 0.5)), 255))
  )
  images.dispose()
  await rounded.data()
  return rounded
}

/**
 * Users whose pictures are attacked in turn, each picture of another one.
 * @param {World} world
 * @param {number} first
 */
export function userOf({ users }, first) {
  const user = users[(first / BATCH) % users.length]
  if (!user) throw new Error('there are no users')
  return user
}
