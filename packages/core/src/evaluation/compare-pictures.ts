import { decode } from '../inference/graphs.ts'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { checkDecoder } from '../models/check-models.ts'
import type { PixelImage } from '../signal/pixel-image.ts'
import type { Picture } from '../signing/pictures.ts'
import { type PreparedImages, signedPicture } from '../signing/prepared-images.ts'

/** What two decoders make of one latent, as files would hold it. */
export interface ComparedPictures {
  readonly unsigned: PixelImage
  readonly signed: PixelImage
}

/**
 * One image as the original decoder makes it and as a signed one does, to be looked at side by side.
 * @param index of the image, from 0
 * @throws StableSigError as `evaluateDecoder`
 */
export async function comparePictures(
  images: PreparedImages,
  index: number,
  decoder: LatentDecoder,
): Promise<ComparedPictures> {
  checkDecoder(decoder, 'the signed decoder')
  const image = await images.prepare(index)
  const name = `image ${index} (of ${images.length}, from 0)`
  const signed = await signedPicture(image, (latents) => decode({ decoder }, latents), name)
  return { unsigned: pixels(image.original), signed: pixels(signed) }
}

const pixels = ({ bytes, shape: [, height, width] }: Picture): PixelImage => ({ width, height, data: bytes })
