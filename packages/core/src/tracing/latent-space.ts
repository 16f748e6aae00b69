import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { decode, encode } from '../inference/graphs.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { quantise } from '../models/autoencoders/quantise.ts'
import type { UnitImages } from '../signal/images.ts'

/** The space in which an inversion searches: a generator's latents, continuous also where the decoder has codes. */
export interface LatentSpace {
  /** Where a search begins: images [N,H,W,3] -> latents, of a VQ autoencoder the nearest codes. */
  encode(images: UnitImages): Tensor4D
  /** latents -> images, not clamped; of a VQ decoder latents are taken as they are, between codes. */
  decode(latents: Tensor4D): Tensor4D
}

/**
 * LatentTracer's: latents scaled as the generator has them, so that its learning rate means the same of every autoencoder.
 * @throws StableSigError 'unsupported', when it is used, for an autoencoder whose scale of latents is not known
 */
export function latentSpace(autoencoder: Pick<Autoencoder, 'encoder' | 'decoder' | 'latents'>): LatentSpace {
  const { decoder, latents } = autoencoder
  const { quantiser, weights } = decoder
  return {
    encode: (images) =>
      tidy(() => {
        const encoded = encode(autoencoder, images)
        return latents.toGenerator(quantiser ? quantise(encoded, quantiser.codebook).quantised : encoded)
      }),
    decode: (z) =>
      tidy(() => {
        const own = latents.fromGenerator(z)
        return quantiser ? quantiser.decodeCodes(weights, own) : decode(autoencoder, own)
      }),
  }
}
