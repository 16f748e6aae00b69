import { reshape, tidy } from '@tensorflow/tfjs-core'
import { spatialMean } from '../../ops/reduce.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { blendImages, checkFactor } from './blend.ts'
import { greyLevels } from './grayscale.ts'

/**
 * Images [N,H,W,3] spread around their mean grey level m, one for each image: clamp(factor·x + (1 - factor)·m, 0, 1), as torchvision
 * has it. The gradient goes through m as well.
 * @param options.factor from 0 (flat grey); 1 changes nothing
 */
export function contrast(images: UnitImages, { factor }: { readonly factor: number }): UnitImages {
  checkImages(images, 'contrast')
  checkFactor(factor, 'contrast')
  return tidy(() => {
    const mean = spatialMean(greyLevels(images))
    return blendImages(images, reshape(mean, [-1, 1, 1, 1]), factor)
  })
}
