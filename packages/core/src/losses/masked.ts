import {
  clipByValue,
  div,
  mean,
  mirrorPad,
  mul,
  reshape,
  slice,
  square,
  sub,
  type Tensor1D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { justNoticeable } from '../metrics/just-noticeable.ts'
import { sameImages } from '../metrics/same-images.ts'
import { customGradient } from '../ops/custom-gradient.ts'
import { spatialMean } from '../ops/reduce.ts'
import { uniformRow, windowMean } from '../ops/window-mean.ts'

/** What may be off where the loss counts as much as plain squares do: a little more than middle grey allows. */
const REFERENCE = 6 / 255
/** Errors in the flattest places count so many times, those in the busiest this share of it. */
const RANGE = [0.1, 4] as const
const WINDOW = 5
/** Beyond the borders of an image: half a window, and what the map itself looks at. */
const BORDER = 4

/**
 * Squared differences weighted by how well one sees them, one value an image: mean of (a - b)² · (reference / t)², where t is what
 * one just does not notice at that place of the original (`justNoticeable`), averaged over 5x5 pixels so that a lone edge in a
 * flat area hides nothing around it. Needs no weights; moves errors out of skies and skin into texture.
 * @param signed, original [N,H,W,3] in [0, 1]
 */
export function maskedDistance(signed: Tensor4D, original: Tensor4D): Tensor1D {
  sameImages('masked', signed, original)
  const [n, h, w, c] = signed.shape
  return customGradient([signed], () => {
    const weight = visibility(original)
    const difference: Tensor4D = sub(signed, original)
    const weighted: Tensor4D = mul(difference, weight)
    return {
      value: reshape(mean(spatialMean(mul(weighted, difference)), 1), [n]),
      saved: [weighted] as [Tensor4D],
      gradient: (dy: Tensor1D, [weighted]) => [mul(weighted, mul(reshape(dy, [n, 1, 1, 1]), 2 / (h * w * c)))],
    }
  })
}

/** By what errors at each place are multiplied, [N,H,W,1] in [.1, 4]. */
export const visibility = (images: Tensor4D): Tensor4D =>
  tidy(() => {
    // Mirrored borders: black ones, as the map has them, would look like edges.
    const [n, h, w] = images.shape
    const border: [number, number] = [BORDER, BORDER]
    const map = justNoticeable(mirrorPad(images, [[0, 0], border, border, [0, 0]], 'reflect'))
    const means = windowMean(map, uniformRow(WINDOW), 'valid')
    const inset = BORDER - (WINDOW - 1) / 2
    const threshold = slice(means, [0, inset, inset, 0], [n, h, w, 1])
    return clipByValue(square<Tensor4D>(div(REFERENCE, threshold)), ...RANGE)
  })
