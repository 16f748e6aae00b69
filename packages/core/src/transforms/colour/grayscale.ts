import { type Tensor4D, tidy, tile } from '@tensorflow/tfjs-core'
import { mapChannels } from '../../ops/map-channels.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'

/** Weights of R, G and B in grey as torchvision has them: they sum to .9999. */
const GREY = [[0.2989], [0.587], [0.114]]

/** Grey levels of images: .2989R + .587G + .114B, [N,H,W,3] -> [N,H,W,1]. */
export const greyLevels = (images: UnitImages): Tensor4D => mapChannels(images, GREY)

/** Images [N,H,W,3] without colour: each channel is the grey level .2989R + .587G + .114B. */
export function grayscale(images: UnitImages): UnitImages {
  checkImages(images, 'grayscale')
  return tidy(() => tile(greyLevels(images), [1, 1, 1, 3])) as UnitImages
}
