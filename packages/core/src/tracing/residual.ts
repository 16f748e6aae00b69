import { StableSigError } from '../errors.ts'
import type { UnitImages } from '../signal/images.ts'
import { gradientFree } from './gradient-free.ts'
import type { Reconstructs } from './reconstruct.ts'

/**
 * How near a decoder comes to each image within five rounds without gradients: ln of the least mean squared error. What makes an image
 * hard is common to decoders of one family, so that the difference of two residuals tells which of them made it.
 * @param images [N,H,W,3] on the grid
 * @returns [N]
 */
export async function residuals(autoencoder: Reconstructs, images: UnitImages): Promise<number[]> {
  const { results, latents } = await gradientFree(autoencoder, images)
  latents.dispose()
  return results.map(({ losses }) => {
    const least = Math.min(...losses)
    if (least > 0 && Number.isFinite(least)) return Math.log(least)
    throw new StableSigError(
      'no-decision',
      `Nothing can be decided about this image: it comes back unchanged from an autoencoder (${least})`,
    )
  })
}
