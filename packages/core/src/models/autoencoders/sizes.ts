import type { Tensor4D } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'

/*
 * What a network is handed is checked where it comes in, so that an error speaks of latents and images, not of a convolution.
 */

/** @throws StableSigError 'shape' for what are no latents [N,h,w,C] of so many channels */
export function checkLatents(latents: Tensor4D, channels: number): void {
  if (latents.shape.length !== 4 || latents.shape[3] !== channels || latents.shape.includes(0))
    throw new StableSigError('shape', `latents have shape [${latents.shape}], expected [N, h, w, ${channels}]`)
}

/** @throws StableSigError 'shape' for what are no images [N,H,W,3], or too small for one latent position */
export function checkImages(images: Tensor4D, downscale: number): void {
  const [, height = 0, width = 0, channels] = images.shape
  if (images.shape.length !== 4 || channels !== 3 || Math.min(height, width) < downscale)
    throw new StableSigError(
      'shape',
      `images have shape [${images.shape}], expected [N, H, W, 3] with sides of ${downscale} pixels at the least`,
    )
}
