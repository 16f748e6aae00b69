import { add, avgPool, div, mean, mul, type Scalar, square, sub, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import type { UnitImages } from '../signal/images.ts'

/** SSIM's constants on [0, 1]: (0.01)² and (0.03)². */
const C1 = 1e-4
const C2 = 9e-4

/**
 * 1 - SSIM with a uniform window that advances by half its side, mean over windows, channels and images:
 *   SSIM = (2 m_a m_b + C1)(2 c_ab + C2) / ((m_a² + m_b² + C1)(v_a + v_b + C2))
 * with biased variances and covariance. A loss to train by, at a tenth of the windows that the metric has.
 * @param a, b [N,H,W,3] around [0, 1]
 */
export function structureLoss(a: UnitImages, b: UnitImages, window = 8): Scalar {
  return tidy(() => {
    const pool = (x: Tensor4D): Tensor4D => avgPool(x, window, window / 2, 'valid')
    const [ma, mb] = [pool(a), pool(b)]
    const [aa, bb, ab] = [square(ma), square(mb), mul(ma, mb)]
    const spread = sub(pool(add(square(a), square(b))), add(aa, bb))
    const together = sub(pool(mul(a, b)), ab)
    const above = mul(add(mul(ab, 2), C1), add(mul(together, 2), C2))
    const below = mul(add(add(aa, bb), C1), add(spread, C2))
    return sub(1, mean<Scalar>(div(above, below)))
  })
}
