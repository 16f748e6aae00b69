import { slice } from '@tensorflow/tfjs-core'
import { checkNumber } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { Images } from '../signal/images.ts'
import { checkImages } from '../transforms/check.ts'

export interface GridOffset {
  /** Pixels left out above and on the left. Default 0. */
  readonly top?: number
  readonly left?: number
}

/**
 * The largest part of images [N,H,W,3] from an offset on whose sides are multiples of `factor`. A decoder's fingerprint lies on the
 * grid of its latents: cutting keeps it, resizing destroys it.
 * @param factor pixels per latent position: an autoencoder's `downscale`
 * @returns a new tensor [N,h,w,3]
 * @throws StableSigError 'shape' where less than one square of the grid is left
 */
export function cropToGrid<I extends Images>(images: I, factor: number, { top = 0, left = 0 }: GridOffset = {}): I {
  checkImages(images, 'cropToGrid')
  for (const [name, value] of Object.entries({ top, left }))
    checkNumber(value, name, 'a whole number of pixels', (value) => Number.isInteger(value) && value >= 0)
  const [count, height, width] = images.shape
  const [h, w] = [height - top, width - left].map((side) => Math.max(0, Math.floor(side / factor)) * factor)
  if (!h || !w)
    throw new StableSigError(
      'shape',
      `images of ${width}x${height} pixels have no square of ${factor} pixels left from row ${top} and column ${left} on`,
    )
  return slice(images, [0, top, left, 0], [count, h, w, 3]) as I
}

/** @throws StableSigError 'shape' for images that are not on a grid of `factor` pixels */
export function checkOnGrid(images: Images, factor: number): void {
  checkImages(images, 'tracing')
  const [, height, width] = images.shape
  if (height % factor || width % factor)
    throw new StableSigError(
      'shape',
      `images of ${width}x${height} pixels: sides must be multiples of ${factor}, the autoencoder's downscale: cut them by cropToGrid`,
    )
}
