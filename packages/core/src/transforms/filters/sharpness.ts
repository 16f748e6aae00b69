import { add, depthwiseConv2d, mul, pad, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { blendImages, checkFactor } from '../colour/blend.ts'

/** A little of the eight neighbours, much of the pixel itself. */
const SOFT = [1, 1, 1, 1, 5, 1, 1, 1, 1].map((weight) => weight / 13)

/**
 * Images [N,H,W,3] sharpened or softened: clamp(factor·x + (1 - factor)·soft, 0, 1), soft being the 3x3 filter (1 1 1; 1 5 1; 1 1 1)/13
 * inside and the image itself on its outermost rows and columns, as torchvision and Pillow have it.
 * @param options.factor from 0 (softened); 1 changes nothing, 2 is sharper
 */
export function sharpness(images: UnitImages, { factor }: { readonly factor: number }): UnitImages {
  checkImages(images, 'sharpness')
  checkFactor(factor, 'sharpness')
  const [, h, w] = images.shape
  if (h <= 2 || w <= 2) return images.clone() as UnitImages
  return tidy(() => {
    const filter = tensor4d(
      SOFT.flatMap((weight) => [weight, weight, weight]),
      [3, 3, 3, 1],
    )
    const inside = pad<Tensor4D>(depthwiseConv2d(images, filter, 1, 'valid'), [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ])
    return blendImages(images, add(inside, mul(images, frame(h, w))), factor)
  })
}

/** [1,H,W,1]: 1 on the outermost rows and columns, 0 inside. */
function frame(h: number, w: number): Tensor4D {
  const values = Float32Array.from({ length: h * w }, (_, at) => {
    const [row, column] = [Math.floor(at / w), at % w]
    return row === 0 || row === h - 1 || column === 0 || column === w - 1 ? 1 : 0
  })
  return tensor4d(values, [1, h, w, 1])
}
