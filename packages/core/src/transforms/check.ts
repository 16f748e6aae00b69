import { checkTensor } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { Images } from '../signal/images.ts'

/**
 * Checks what a transform is given.
 * @throws StableSigError 'bad-argument' or 'disposed' for what is not a tensor, 'shape' for one that is not [N,H,W,3]
 */
export function checkImages(images: Images, transform: string): void {
  checkTensor(images, `images of ${transform}`, 'a tensor [N,H,W,3]')
  const { shape } = images
  if (shape.length !== 4 || shape[3] !== 3 || shape.includes(0))
    throw new StableSigError('shape', `${transform}: images have shape [${shape}], expected [N, H, W, 3]`)
}

/** Checks a side in pixels. @throws StableSigError 'bad-argument' */
export function checkSide(value: number, name: string): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new StableSigError('bad-argument', `${name} is ${value}, expected a whole number of pixels from 1`)
}
