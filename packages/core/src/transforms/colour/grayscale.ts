import { matMul, reshape, type Tensor4D, tensor2d, tidy, tile } from '@tensorflow/tfjs-core'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'

/** Weights of R, G and B in grey as torchvision has them: they sum to .9999. */
const GREY = [0.2989, 0.587, 0.114]

/** Grey levels of images: .2989R + .587G + .114B, [N,H,W,3] -> [N,H,W,1]. */
export function greyLevels(images: UnitImages): Tensor4D {
  const [n, h, w] = images.shape
  return tidy(() => reshape(matMul(reshape(images, [-1, 3]), tensor2d(GREY, [3, 1])), [n, h, w, 1]))
}

/** Images [N,H,W,3] without colour: each channel is the grey level .2989R + .587G + .114B. */
export function grayscale(images: UnitImages): UnitImages {
  checkImages(images, 'grayscale')
  return tidy(() => tile(greyLevels(images), [1, 1, 1, 3])) as UnitImages
}
