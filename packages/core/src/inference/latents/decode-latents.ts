import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkObject, checkOptions, checkTensor } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import type { Autoencoder } from '../../models/autoencoders/autoencoder.ts'
import { shuffle2 } from '../../models/autoencoders/latents.ts'
import { checkAutoencoder } from '../../models/check-models.ts'
import type { Weights } from '../../models/weights.ts'
import type { UnitImages } from '../../signal/images.ts'
import { decodeTiled } from '../tiling/tiled.ts'
import type { TileOptions } from '../tiling/tiles.ts'
import { type LatentArray, type LatentShape, latentTensor } from './latent-array.ts'

export interface DecodeLatentsOptions extends TileOptions, LatentShape {
  /** Another decoder's weights: a signed one's. */
  readonly weights?: Weights
  /**
   * Whether latents are as a generator works on them: scaled, shifted, in FLUX.2 normalised and packed. true, which is what a
   * pipeline hands out; false for those of the autoencoder itself, as `encode` gives them. Default: what an array says by
   * `unscaled`, else true.
   */
  readonly scaled?: boolean
}

/**
 * Decodes latents of any generator that uses this autoencoder: the way in for a pipeline whose last step this is, and for
 * generators fine-tuned on the same latents, which a signed decoder signs like the original.
 * @param latents an array in PyTorch's order (see `latentTensor`), or a tensor [N,h,w,C] or packed [N,h/2,w/2,4C]
 * @returns images [N,h·d,w·d,3] around [0, 1], not clamped; all at once where they fit `memoryBytes`, else one after the other, in tiles where need be
 * @throws StableSigError 'shape'; 'unsupported' where scaled latents are given and nothing tells their scale; as decodeTiled
 */
export async function decodeLatents(
  autoencoder: Pick<Autoencoder, 'decoder' | 'latents' | 'latentChannels' | 'downscale'>,
  latents: LatentArray | Tensor4D,
  options: DecodeLatentsOptions = {},
): Promise<UnitImages> {
  checkAutoencoder(autoencoder, ['decoder'])
  checkObject(latents, 'latents', 'a tensor, or an array with its shape')
  checkOptions(options, 'decodeLatents')
  if ('dataId' in latents) checkTensor(latents, 'latents', 'a tensor [N,h,w,C]')
  const own = tidy(() => {
    const given = 'dataId' in latents ? latents : latentTensor(latents, autoencoder, options)
    return ownLatents(autoencoder, given, options.scaled ?? isScaled(latents, autoencoder, given)).clone()
  })
  try {
    return await decodeTiled(autoencoder, own, options)
  } finally {
    own.dispose()
  }
}

/** Whether latents are a generator's, where nothing but the array says it. */
function isScaled(
  latents: LatentArray | Tensor4D,
  { latents: scaling, latentChannels }: Pick<Autoencoder, 'latents' | 'latentChannels'>,
  given: Tensor4D,
): boolean {
  if ('dataId' in latents || latents.unscaled !== true) return true
  // Normalised and packed is what the autoencoder of FLUX.2 gives ComfyUI.
  return scaling.kind === 'batch-norm' && given.shape[3] === 4 * latentChannels
}

/** A generator's latents, packed or not -> the autoencoder's [N,h,w,C]. */
function ownLatents(
  { latents: scaling, latentChannels: c }: Pick<Autoencoder, 'latents' | 'latentChannels'>,
  given: Tensor4D,
  scaled: boolean,
): Tensor4D {
  const channels = given.shape[3]
  const packed = channels === 4 * c
  if (!packed && channels !== c)
    throw new StableSigError('shape', `latents have shape [${given.shape}], expected ${c} channels, or ${4 * c} packed`)
  if (!scaled) return packed ? shuffle2(given) : given
  // A packed form is the generator's own in FLUX.2, and only another order in FLUX.1.
  if (scaling.kind !== 'batch-norm') return scaling.fromGenerator(packed ? shuffle2(given) : given)
  if (packed) return scaling.fromGenerator(given)
  throw new StableSigError(
    'shape',
    `this generator's latents have ${4 * c} channels, packed two by two; those of ${c} channels are the autoencoder's own: pass scaled: false`,
  )
}
