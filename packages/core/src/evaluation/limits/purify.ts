import { add, clipByValue, mean, mul, sqrt, square, sub, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkNumber, checkOptions } from '../../arguments.ts'
import { encodeImages } from '../../inference/latents/encode-images.ts'
import { cropImages } from '../../inference/tiling/padding.ts'
import { decodeTiled } from '../../inference/tiling/tiled.ts'
import type { TileOptions } from '../../inference/tiling/tiles.ts'
import type { Autoencoder } from '../../models/autoencoders/autoencoder.ts'
import { checkAutoencoder } from '../../models/check-models.ts'
import { normal } from '../../ops/normal.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { checkImages } from '../../transforms/check.ts'

export interface PurifyOptions extends TileOptions {
  /** Gaussian noise on latents, as a share of their own standard deviation. Default 0. */
  readonly noise?: number | undefined
  /** Of the noise. Default 0. */
  readonly seed?: number | undefined
}

/**
 * What an unsigned autoencoder makes of images: encoded, with noise on the latents where that is asked for, and decoded. A mark that
 * the latents do not hold is gone afterwards (Zhao et al. 2023, "Invisible image watermarks are provably removable using generative AI").
 * @param autoencoder any but the signed one: another, or the original that was signed
 * @param images [N,H,W,3] in [0, 1], of any size
 * @returns new images of that size, clamped to [0, 1], which the caller disposes
 * @throws StableSigError as `encodeImages` and `decodeTiled`; 'bad-argument', 'shape'
 */
export async function purifyImages(
  autoencoder: Autoencoder,
  images: UnitImages,
  options: PurifyOptions = {},
): Promise<UnitImages> {
  checkAutoencoder(autoencoder)
  checkImages(images, 'purifyImages')
  checkOptions(options, 'purifyImages')
  const { noise = 0, seed = 0, ...tiles } = options
  checkNumber(noise, 'noise', 'a number from 0', (value) => value >= 0 && Number.isFinite(value))
  checkNumber(seed, 'seed', 'a number', Number.isFinite)
  const [, height, width] = images.shape
  const encoded = await encodeImages(autoencoder, images, { ...tiles, scaled: false })
  const latents = tidy(() => (noise > 0 ? withNoise(encoded, noise, seed) : encoded.clone()))
  encoded.dispose()
  const decoded = await decodeTiled(autoencoder, latents, tiles).finally(() => latents.dispose())
  try {
    return tidy(() => asUnit(clipByValue<Tensor4D>(cropImages(decoded, height, width), 0, 1)))
  } finally {
    decoded.dispose()
  }
}

function withNoise(latents: Tensor4D, share: number, seed: number): Tensor4D {
  const std = sqrt(mean(square(sub(latents, mean(latents)))))
  return add<Tensor4D>(latents, mul(mul(normal(latents.shape, seed), std), share))
}
