import { reverse } from '@tensorflow/tfjs-core'
import type { Images } from '../../signal/images.ts'
import { checkImages } from '../check.ts'

/** Images [N,H,W,3] with their columns reversed, as in a mirror. */
export function horizontalFlip<I extends Images>(images: I): I {
  checkImages(images, 'horizontalFlip')
  return reverse(images, 2) as I
}
