import { tidy } from '@tensorflow/tfjs-core'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { blendImages, checkFactor } from './blend.ts'
import { greyLevels } from './grayscale.ts'

/**
 * Images [N,H,W,3] with stronger or weaker colours: clamp(factor·x + (1 - factor)·grey, 0, 1), grey being each pixel's grey level.
 * @param options.factor from 0 (no colour); 1 changes nothing
 */
export function saturation(images: UnitImages, { factor }: { readonly factor: number }): UnitImages {
  checkImages(images, 'saturation')
  checkFactor(factor, 'saturation')
  return tidy(() => blendImages(images, greyLevels(images), factor))
}
