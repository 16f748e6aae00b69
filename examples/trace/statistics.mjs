// @ts-check
import { balanced, gradientFreeExcess, invertLatent, twoPass } from '@stablesig/core/tracing'

/**
 * @typedef {import('@stablesig/core').Autoencoder} Autoencoder
 * @typedef {import('@stablesig/core').UnitImages} UnitImages
 * @typedef {object} Statistic one or several numbers of each image that are low where the decoder made it
 * @property {readonly string[]} names
 * @property {number} images photographs that it is asked about, of those that are judged
 * @property {(autoencoder: Autoencoder, images: UnitImages) => Promise<readonly (readonly number[])[]>} score by image, then by name
 */

/** LatentTracer's iterations; the published hundred take three times as long. */
const ITERATIONS = 30

/**
 * The project's statistics beside those of others.
 * @param {{ inverted: number, only: readonly string[] }} options photographs that are inverted, with gradients and without; names, of which
 *   those statistics alone are asked for that have one of them: all where there is none
 * @returns {Statistic[]}
 */
export function statistics({ inverted, only }) {
  const all = Number.POSITIVE_INFINITY
  /** @type {Statistic[]} */
  const list = [
    {
      names: ['reconstruction error', 'two-pass (AEDR)'],
      images: all,
      score: async (autoencoder, images) =>
        (await twoPass(autoencoder, images)).map(({ first, ratio }) => [first, ratio]),
    },
    {
      names: ['balanced'],
      images: all,
      score: async (autoencoder, images) => (await balanced().score(autoencoder, images)).map((score) => [score]),
    },
    {
      names: ['balanced:colour'],
      images: all,
      score: async (autoencoder, images) =>
        (await balanced({ colour: true }).score(autoencoder, images)).map((score) => [score]),
    },
  ]
  if (inverted > 0)
    list.push(
      {
        names: ['gradient-free'],
        images: inverted,
        score: async (autoencoder, images) =>
          (await gradientFreeExcess().score(autoencoder, images)).map((score) => [score]),
      },
      {
        names: ['inversion, published score', 'inversion, excess'],
        images: inverted,
        async score(autoencoder, images) {
          const found = await invertLatent({ autoencoder, images, iterations: ITERATIONS })
          found.dispose()
          return found.images.map(({ score, excess }) => [score, excess])
        },
      },
    )
  const known = list.flatMap(({ names }) => names)
  const odd = only.find((name) => !known.includes(name))
  if (odd !== undefined) throw new RangeError(`no statistic ${odd}; expected one of ${known.join(', ')}`)
  return only.length === 0 ? list : list.filter(({ names }) => names.some((name) => only.includes(name)))
}
