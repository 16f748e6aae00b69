import { add, clipByValue, mul, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkNumber } from '../../arguments.ts'
import { changingInput } from '../../ops/hints.ts'
import type { UnitImages } from '../../signal/images.ts'

/**
 * clamp(factor·x + (1 - factor)·y, 0, 1): between y (factor 0) and the images (factor 1), and beyond them. `y` broadcasts to the
 * images' shape.
 */
export function blendImages(images: UnitImages, y: Tensor, factor: number): UnitImages {
  return tidy(() => {
    const sum = add<Tensor4D>(mul(images, changingInput(factor)), mul(y, changingInput(1 - factor)))
    return clipByValue(sum, 0, 1)
  }) as UnitImages
}

/** @throws StableSigError 'bad-argument' for a factor below 0 */
export const checkFactor = (factor: number, transform: string): void =>
  checkNumber(factor, `factor of ${transform}`, 'a number from 0', (value) => value >= 0 && Number.isFinite(value))
