import { clone } from '@tensorflow/tfjs-core'
import type { Images } from '../../signal/images.ts'
import { checkImages, checkSide } from '../check.ts'
import { resize } from './resize.ts'

/**
 * Images [N,H,W,3] whose longer side is brought down to `side` pixels, aspect kept to the nearest pixel, bilinear with a low-pass filter;
 * smaller ones stay as they are. Linear, so the gradient is the transposed map.
 * @throws StableSigError 'bad-argument' for a side that is not a whole number from 1
 */
export function limitSide<I extends Images>(images: I, { side }: { readonly side: number }): I {
  checkImages(images, 'limitSide')
  checkSide(side, 'side of limitSide')
  const [, height, width] = images.shape
  const longer = Math.max(height, width)
  if (longer <= side) return clone(images) as I
  const scaled = (length: number) => Math.max(1, Math.round((length * side) / longer))
  return resize(images, { height: scaled(height), width: scaled(width) })
}
