import { clipByValue, maximum, mul, pow, sub, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkNumber } from '../../arguments.ts'
import { changingInput } from '../../ops/hints.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'

/** Far below a level of 8 bits. */
const NEAR_BLACK = 1e-4

/**
 * Images [N,H,W,3], clamped to [0, 1], to the power `gamma`: below 1 brighter, above 1 darker. Computed as x·max(x, 1e-4)^(gamma - 1),
 * which is straight below 1e-4: a gamma below 1 has no gradient at 0.
 * @param options.gamma above 0; 1 changes nothing
 */
export function gamma(images: UnitImages, { gamma }: { readonly gamma: number }): UnitImages {
  checkImages(images, 'gamma')
  checkNumber(gamma, 'gamma', 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  return tidy(() => {
    const x: Tensor4D = clipByValue(images, 0, 1)
    return mul(x, pow(maximum(x, NEAR_BLACK), sub(changingInput(gamma), 1)))
  }) as UnitImages
}
