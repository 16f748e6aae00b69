import { avgPool, mean, mul, pad, pow, type Tensor1D, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { ofPositive } from '../ops/of-positive.ts'
import { spatialMean } from '../ops/reduce.ts'
import { sameImages } from './same-images.ts'
import { ssimMaps } from './ssim.ts'

/** Weight of each scale, from the images themselves to a sixteenth of their sides (Wang et al. 2003). */
const WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
/** At a sixteenth a window of 11 must still fit. */
const MIN_SIDE = 161

/**
 * Multi-scale structural similarity (Wang et al. 2003), one value an image: for each channel the product over five scales of
 * relu(term)^weight, then the mean over channels. The term is the mean of SSIM's contrast-structure factor, at the last scale
 * that of SSIM whole. Between scales 2x2 means; an odd side first gets a zero at both ends.
 * @param a, b [N,H,W,C] in [0, 1], sides of 161 pixels at least
 * @returns [N]
 * @throws StableSigError 'shape'
 */
export const msSsim = (a: Tensor4D, b: Tensor4D): Tensor1D =>
  tidy(() => {
    const powers = msSsimTerms(a, b).map((term, scale) => ofPositive(term, (x) => pow(x, WEIGHTS[scale] ?? Number.NaN)))
    return mean<Tensor1D>(
      powers.reduce((product, power) => mul(product, power)),
      1,
    )
  })

/** The terms of the five scales, [N,C] each, before they are raised to their weights. */
export function msSsimTerms(a: Tensor4D, b: Tensor4D): Tensor2D[] {
  sameImages('MS-SSIM', a, b, MIN_SIDE)
  return tidy(() => {
    let [x, y] = [a, b]
    return WEIGHTS.map((_, scale) => {
      const { similarity, contrast } = ssimMaps(x, y)
      ;[x, y] = [halved(x), halved(y)]
      return spatialMean(scale === WEIGHTS.length - 1 ? similarity : contrast)
    })
  })
}

function halved(x: Tensor4D): Tensor4D {
  const ends = (side: number): [number, number] => (side % 2 === 1 ? [1, 1] : [0, 0])
  return avgPool(pad(x, [[0, 0], ends(x.shape[1]), ends(x.shape[2]), [0, 0]]), 2, 2, 'valid')
}
