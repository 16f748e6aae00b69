import { mean, mul, type Scalar, square, sub, type Tensor4D } from '@tensorflow/tfjs-core'
import { sameImages } from '../metrics/same-images.ts'
import { customGradient } from '../ops/custom-gradient.ts'
import type { UnitImages } from '../signal/images.ts'

/** How far a signed decoder's images are from the original decoder's: differentiable by the first. */
export interface ImageLoss {
  readonly name: string
  /** What checkpoints know it by, where its name does not tell all, such as what it has learned. Default the name. */
  readonly fingerprint?: string
  /** What it is multiplied by in the sum with the message loss, unless something else is asked for. */
  readonly defaultWeight: number
  /** signed and original [N,H,W,3] around [0, 1], unclamped -> a scalar. */
  of(signed: UnitImages, original: UnitImages): Scalar
}

/** What checkpoints know a loss by. */
export const lossFingerprint = ({ name, fingerprint = name }: ImageLoss): string => fingerprint

/**
 * Mean squared error of images brought to [-1, 1]: mean((2s - 2o)²), four times the mean squared error on [0, 1]. Nothing is
 * clamped. Gradient by s: 8(s - o) / count.
 */
export function mse(): ImageLoss {
  return {
    name: 'mse',
    defaultWeight: 25,
    of(signed, original) {
      sameImages('mse', signed, original)
      return customGradient([signed], () => {
        const difference: Tensor4D = sub(signed, original)
        return {
          value: mul(mean<Scalar>(square(difference)), 4),
          saved: [difference] as [Tensor4D],
          gradient: (dy: Scalar, [difference]) => [mul(difference, mul(dy, 8 / signed.size))],
        }
      })
    },
  }
}
