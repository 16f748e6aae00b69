import { add, clipByValue, mul, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import type { UnitImages } from '../../signal/images.ts'

/** clamp(gain·x + shift, 0, 1) for gain and shift of a shape that broadcasts to the images: [1], or [N,1,1,1] for each image. */
export function scaleLevels(images: UnitImages, gain: Tensor, shift: Tensor): UnitImages {
  return tidy(() => clipByValue(add<Tensor4D>(mul(images, gain), shift), 0, 1)) as UnitImages
}
