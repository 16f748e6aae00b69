import {
  add,
  div,
  mean,
  mirrorPad,
  mul,
  square,
  sub,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { spatialMean } from '../ops/reduce.ts'
import { gaussianRow, uniformRow, windowMean } from '../ops/window-mean.ts'
import { sameImages } from './same-images.ts'

export interface SsimOptions {
  /**
   * 'gaussian' (the default): 11x11 of σ 1.5, biased variances, as Wang et al. 2004. 'uniform': 7x7, variances of a sample, as
   * scikit-image and the tables of Fernandez et al. 2023.
   */
  readonly window?: 'gaussian' | 'uniform'
  /** At the borders: 'valid' (the default) leaves out windows that reach beyond; 'reflect' mirrors, as torchmetrics; 'zero' pads. */
  readonly padding?: 'valid' | 'reflect' | 'zero'
}

/** SSIM's constants on [0, 1]: (0.01)² and (0.03)². */
const C1 = 1e-4
const C2 = 9e-4

/**
 * Structural similarity of images (Wang et al. 2004), one value an image: the mean over windows and channels of
 *   (2 m_a m_b + C1)(2 c_ab + C2) / ((m_a² + m_b² + C1)(v_a + v_b + C2))
 * 1 for equal images. Differentiable.
 * @param a, b [N,H,W,C] in [0, 1]
 * @returns [N]
 * @throws StableSigError 'shape' when the shapes differ, or an image is smaller than a window
 */
export const ssim = (a: Tensor4D, b: Tensor4D, options: SsimOptions = {}): Tensor1D =>
  tidy(() => mean<Tensor1D>(ssimByChannel(a, b, options), 1))

/** The same, a value for each channel: [N,C]. */
export const ssimByChannel = (a: Tensor4D, b: Tensor4D, options: SsimOptions = {}): Tensor2D =>
  tidy(() => spatialMean(ssimMaps(a, b, options).similarity))

/**
 * SSIM window by window, and of its two factors the one that compares contrast and structure. An alias, since tf.tidy passes plain
 * records only.
 */
export type SsimMaps = {
  readonly similarity: Tensor4D
  readonly contrast: Tensor4D
}

/** Both maps, [N,H',W',C]: for MS-SSIM and for losses. */
export function ssimMaps(
  a: Tensor4D,
  b: Tensor4D,
  { window = 'gaussian', padding = 'valid' }: SsimOptions = {},
): SsimMaps {
  const row = window === 'gaussian' ? gaussianRow(11, 1.5) : uniformRow(7)
  const size = row.length
  sameImages('ssim', a, b, size)
  const unbiased = window === 'uniform' ? size ** 2 / (size ** 2 - 1) : 1
  return tidy(() => {
    const half = (size - 1) / 2
    const border: [number, number] = [half, half]
    const padded = (x: Tensor4D): Tensor4D =>
      padding === 'reflect' ? mirrorPad(x, [[0, 0], border, border, [0, 0]], 'reflect') : x
    const [x, y] = [padded(a), padded(b)]
    const over = (z: Tensor4D) => windowMean(z, row, padding === 'zero' ? 'same' : 'valid')
    const [mx, my] = [over(x), over(y)]
    const [mxx, myy, mxy] = [square(mx), square(my), mul<Tensor4D>(mx, my)]
    // The sum of both variances, which alone is asked for, is one window mean instead of two.
    const variances: Tensor4D = mul(sub(over(add(square(x), square(y))), add(mxx, myy)), unbiased)
    const covariance: Tensor4D = mul(sub(over(mul(x, y)), mxy), unbiased)
    return ssimOf({ mxx, myy, mxy, variances, covariance })
  })
}

/** What SSIM needs to know of each window of two images x and y. */
interface WindowStatistics {
  /** Squares and product of the means. */
  readonly mxx: Tensor4D
  readonly myy: Tensor4D
  readonly mxy: Tensor4D
  /** The sum of both variances. */
  readonly variances: Tensor4D
  readonly covariance: Tensor4D
}

/** The formula, for windows of any kind. The caller's scope disposes what is made on the way. */
export function ssimOf({ mxx, myy, mxy, variances, covariance }: WindowStatistics): SsimMaps {
  const contrast: Tensor4D = div(add(mul(covariance, 2), C2), add(variances, C2))
  const luminance: Tensor4D = div(add(mul(mxy, 2), C1), add(add(mxx, myy), C1))
  return { similarity: mul<Tensor4D>(luminance, contrast), contrast }
}
