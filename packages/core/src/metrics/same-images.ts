import type { Tensor4D } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'

/** Images that are to be compared must be as large as each other, and as the window that goes over them. */
export function sameImages(what: string, a: Tensor4D, b: Tensor4D, minSide = 1): void {
  const shapes = `[${a.shape.join(', ')}] and [${b.shape.join(', ')}]`
  if (a.rank !== 4 || a.shape.join() !== b.shape.join())
    throw new StableSigError('shape', `${what} of images ${shapes}: expected two [N, H, W, C] of equal shape`)
  if (Math.min(a.shape[1], a.shape[2]) < minSide)
    throw new StableSigError('shape', `${what} of images ${shapes}: sides of ${minSide} pixels are needed at least`)
}
