import type { Tensor4D } from '@tensorflow/tfjs-core'
import { checkOptions } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import type { Autoencoder, LatentDecoder, LatentEncoder, Stage } from '../../models/autoencoders/autoencoder.ts'
import { decoderStages, pointwise } from '../../models/autoencoders/decoder-stages.ts'
import { gaussian } from '../../models/autoencoders/gaussian.ts'
import { checkAutoencoder, checkWeights } from '../../models/check-models.ts'
import type { Weights } from '../../models/weights.ts'
import { asUnit, type UnitImages, unitToSigned } from '../../signal/images.ts'
import { applyInTiles, type TileOptions } from './tiles.ts'

/**
 * latents [N,h,w,C] -> images [N,h·d,w·d,3] around [0, 1], not clamped: `decode` for images of any size. An image that does not
 * fit the budget is decoded part by part, each in tiles that overlap by all that a position of it sees, so that there are no
 * seams to blend: of a network of convolutions alone (the tiny family) rounding is all that differs from `decode`.
 *
 * A group norm's statistics are those of the whole image: a part's tiles are gone through once for each norm in it, as far as
 * that norm, and then for the result: about five times the arithmetic of `decode` in the KL family. So nothing but
 * rounding differs there either. What depends on all positions (attention) is computed at once, at the latent's resolution.
 *
 * Beside `memoryBytes` the result is held twice for a moment, and what one part hands to the next, which is no larger than
 * `memoryBytes`.
 * @param weights another decoder's of the same shape: a signed one's
 * @throws StableSigError 'aborted'; 'limit' where a stage that cannot be cut takes more than `memoryBytes`; 'bad-argument'
 */
export async function decodeTiled(
  autoencoder: { readonly decoder: LatentDecoder },
  latents: Tensor4D,
  options: TileOptions & { readonly weights?: Weights } = {},
): Promise<UnitImages> {
  checkAutoencoder(autoencoder, ['decoder'])
  checkOptions(options, 'decodeTiled')
  const { decoder } = autoencoder
  const { weights = decoder.weights } = options
  checkWeights(weights, 'the signed decoder')
  return asUnit(await applyInTiles({ stages: decoderStages(decoder), weights }, latents, options))
}

/**
 * images [N,H,W,3] in [0, 1] -> latents [N,H/d,W/d,C], as `encode` gives them: the way back of `decodeTiled`, with the same
 * exactness. Sides are multiples of the autoencoder's downscale.
 * @throws StableSigError as decodeTiled; 'shape' where a side is no such multiple
 */
export async function encodeTiled(
  autoencoder: Pick<Autoencoder, 'encoder'>,
  images: UnitImages,
  options: TileOptions = {},
): Promise<Tensor4D> {
  checkAutoencoder(autoencoder, ['encoder'])
  const { encoder } = autoencoder
  const mode = encoder.moments && pointwise('mode', (x) => gaussian(x).mean.clone())
  const stages = [...encoderStages(encoder), ...(mode ? [mode] : [])]
  return applyInTiles({ stages, weights: encoder.weights }, images, options)
}

/** As encodeTiled, the KL family's moments [N,H/d,W/d,2C]: see `gaussian`. @throws StableSigError 'unsupported' for others */
export async function momentsTiled(
  autoencoder: Pick<Autoencoder, 'encoder'>,
  images: UnitImages,
  options: TileOptions = {},
): Promise<Tensor4D> {
  checkAutoencoder(autoencoder, ['encoder'])
  const { encoder } = autoencoder
  if (!encoder.moments)
    throw new StableSigError(
      'unsupported',
      `an encoder of the ${encoder.family} family gives a latent, not a distribution`,
    )
  return applyInTiles({ stages: encoderStages(encoder), weights: encoder.weights }, images, options)
}

/** With the change of the image's range, where there is one, first. */
function encoderStages({ family, stages }: LatentEncoder): readonly Stage[] {
  return family === 'tiny' ? stages : [pointwise('range', (x) => unitToSigned(asUnit(x))), ...stages]
}
