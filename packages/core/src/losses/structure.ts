import { add, avgPool, mean, mul, type Scalar, square, sub, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { ssimOf } from '../metrics/ssim.ts'
import type { UnitImages } from '../signal/images.ts'

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
    const [mxx, myy, mxy] = [square(ma), square(mb), mul<Tensor4D>(ma, mb)]
    const variances: Tensor4D = sub(pool(add(square(a), square(b))), add(mxx, myy))
    const covariance: Tensor4D = sub(pool(mul(a, b)), mxy)
    const { similarity } = ssimOf({ mxx, myy, mxy, variances, covariance })
    return sub(1, mean<Scalar>(similarity))
  })
}
