import { tidy } from '@tensorflow/tfjs-core'
import { changingInput } from '../../ops/hints.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { checkFactor } from './blend.ts'
import { scaleLevels } from './levels.ts'

/**
 * Images [N,H,W,3] made brighter or darker: clamp(factor·x, 0, 1).
 * @param options.factor from 0 (black); 1 changes nothing
 */
export function brightness(images: UnitImages, { factor }: { readonly factor: number }): UnitImages {
  checkImages(images, 'brightness')
  checkFactor(factor, 'brightness')
  return tidy(() => scaleLevels(images, changingInput(factor), changingInput(0)))
}
