import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkNumber, checkOneOf, checkOptions, checkTensor } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import type { Autoencoder } from '../../models/autoencoders/autoencoder.ts'
import { gaussian, sampleLatents } from '../../models/autoencoders/gaussian.ts'
import { checkAutoencoder } from '../../models/check-models.ts'
import type { Weights } from '../../models/weights.ts'
import { normal } from '../../ops/normal.ts'
import type { UnitImages } from '../../signal/images.ts'
import { cropImages, padImages } from '../tiling/padding.ts'
import { decodeTiled, encodeTiled, momentsTiled } from '../tiling/tiled.ts'
import type { TileOptions } from '../tiling/tiles.ts'

export interface EncodeImagesOptions extends TileOptions {
  /**
   * Which of the latents that an image may have: 'mode', the likeliest, which of a normal distribution is its 'mean' too, or
   * 'sample', one drawn with `noise` or from `seed`. Only the KL family has a choice.
   */
  readonly take?: 'mode' | 'mean' | 'sample'
  /** [N,h,w,C], standard normal. Default: drawn from the seed. */
  readonly noise?: Tensor4D
  /** 0 */
  readonly seed?: number
  /** Whether to give them as a generator works on them; see `decodeLatents`. true */
  readonly scaled?: boolean
}

/**
 * images [N,H,W,3] in [0, 1], of any size -> latents, the way back of `decodeLatents`. Sides that are no multiples of the
 * autoencoder's downscale are padded by repeating the last row and column, so latents are [N,ceil(H/d),ceil(W/d),C], or packed
 * [N,ceil(H/2d),ceil(W/2d),4C] in FLUX.2.
 * @throws StableSigError 'unsupported' for samples of a family without distributions, or where nothing tells the scale; 'shape'
 *   where noise does not fit; as encodeTiled
 */
export async function encodeImages(
  autoencoder: Autoencoder,
  images: UnitImages,
  options: EncodeImagesOptions = {},
): Promise<Tensor4D> {
  checkAutoencoder(autoencoder, ['encoder'])
  checkImages(images)
  checkOptions(options, 'encodeImages')
  const { take = 'mode', scaled = true, noise, seed = 0 } = options
  checkOneOf(take, 'take', ['mode', 'mean', 'sample'])
  checkNumber(seed, 'seed', 'a number', Number.isFinite)
  const { latents: scaling, encoder, downscale } = autoencoder
  if (take === 'sample' && !encoder.moments)
    throw new StableSigError('unsupported', `the ${encoder.family} family has no distribution to draw a sample from`)
  // Said before the work, not after it.
  if (scaled && scaling.kind === 'unknown') scaling.toGenerator(images)
  const packed = scaled && scaling.kind === 'batch-norm'
  const padded = padImages(images, packed ? 2 * downscale : downscale)
  try {
    const found =
      take === 'sample'
        ? await momentsTiled(autoencoder, padded, options)
        : await encodeTiled(autoencoder, padded, options)
    try {
      return tidy(() => {
        const latents = take === 'sample' ? sampled(found, noise, seed) : found
        return (scaled ? scaling.toGenerator(latents) : latents).clone()
      })
    } finally {
      found.dispose()
    }
  } finally {
    padded.dispose()
  }
}

/** What images may hold is not looked at here: that would compute what is still pending. */
function checkImages(images: UnitImages): void {
  checkTensor(images, 'images', 'a tensor [N,H,W,3]')
  const { shape, dtype } = images
  if (shape.length !== 4 || shape[3] !== 3 || shape.includes(0))
    throw new StableSigError('shape', `images have shape [${shape}], expected [N, H, W, 3]`)
  if (dtype !== 'float32')
    throw new StableSigError('bad-argument', `images are ${dtype}, expected float32 with values in [0, 1]`)
}

function sampled(moments: Tensor4D, noise: Tensor4D | undefined, seed: number): Tensor4D {
  const distribution = gaussian(moments)
  return sampleLatents(distribution, noise ?? normal(distribution.mean.shape, seed))
}

/**
 * What an autoencoder makes of images [N,H,W,3] in [0, 1] of any size, at their own size: padded as by `encodeImages` and cut
 * back. Not clamped.
 * @param options.weights a signed decoder's
 * @throws StableSigError as decodeTiled
 */
export async function reconstructImages(
  autoencoder: Pick<Autoencoder, 'encoder' | 'decoder' | 'downscale'>,
  images: UnitImages,
  options: TileOptions & { readonly weights?: Weights } = {},
): Promise<UnitImages> {
  checkAutoencoder(autoencoder)
  checkImages(images)
  checkOptions(options, 'reconstructImages')
  const [, height, width] = images.shape
  const padded = padImages(images, autoencoder.downscale)
  const latents = await encodeTiled(autoencoder, padded, options).finally(() => padded.dispose())
  const decoded = await decodeTiled(autoencoder, latents, options).finally(() => latents.dispose())
  try {
    return cropImages(decoded, height, width)
  } finally {
    decoded.dispose()
  }
}
