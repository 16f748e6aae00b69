import { type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkTensor } from '../arguments.ts'
import type { Autoencoder, DecodeOptions, LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder, checkExtractor, checkWeights } from '../models/check-models.ts'
import { type Extractor, extractorLogits } from '../models/extractor.ts'
import type { Weights } from '../models/weights.ts'
import { type UnitImages, unitToImageNet } from '../signal/images.ts'

/*
 * The three graphs that all else calls. Nothing is read or checked against a memory budget here: on a compiling engine what
 * they return is still pending.
 */

/** images [N,H,W,3] in [0, 1] -> latents [N,ceil(H/d),ceil(W/d),C]: the mode of the frozen encoder. */
export function encode(autoencoder: Pick<Autoencoder, 'encoder'>, images: UnitImages): Tensor4D {
  checkAutoencoder(autoencoder, ['encoder'])
  checkTensor(images, 'images', 'a tensor [N,H,W,3]')
  const { encoder } = autoencoder
  return encoder.apply(encoder.weights, images)
}

/**
 * latents [N,h,w,C] -> images [N,h·d,w·d,3] around [0, 1], not clamped.
 * @param weights another decoder's of the same shape: a signed one's, or those being trained
 * @param options `gradientCheckpointing` where the result is differentiated and memory is short
 */
export function decode(
  autoencoder: { readonly decoder: LatentDecoder },
  latents: Tensor4D,
  weights?: Weights,
  options: DecodeOptions = {},
): UnitImages {
  checkAutoencoder(autoencoder, ['decoder'])
  checkTensor(latents, 'latents', 'a tensor [N,h,w,C]')
  if (weights !== undefined) checkWeights(weights, 'the signed decoder')
  const { decoder } = autoencoder
  return decoder.apply(weights ?? decoder.weights, latents, options)
}

/** images [N,H,W,3] in [0, 1] -> logits [N,bits]: above 0 reads as bit 1, exactly 0 as bit 0. */
export function extractLogits(extractor: Extractor, images: UnitImages): Tensor2D {
  checkExtractor(extractor)
  checkTensor(images, 'images', 'a tensor [N,H,W,3]')
  return tidy(() => extractorLogits(extractor, unitToImageNet(images)))
}
