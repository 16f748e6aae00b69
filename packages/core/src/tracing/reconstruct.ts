import { clipByValue, concat, split, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { decode, encode } from '../inference/graphs.ts'
import { mseOfImages } from '../metrics/mse-of-images.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'

/** The halves that tracing runs images through. */
export type Reconstructs = Pick<Autoencoder, 'encoder' | 'decoder'>

export interface ReconstructOptions {
  /** Values beyond [0, 1] are clipped, as in a picture that is saved. Default true; AEDR's code leaves them. */
  readonly clamp?: boolean
}

/**
 * R(x) = D(E(x)): what an autoencoder makes of images, never rounded to 8 bits. Nothing is read.
 * @param images [N,H,W,3], sides multiples of the autoencoder's downscale
 * @returns [N,H,W,3]
 */
export function reconstruct(
  autoencoder: Reconstructs,
  images: UnitImages,
  { clamp = true }: ReconstructOptions = {},
): UnitImages {
  return tidy(() => {
    const decoded = decode(autoencoder, encode(autoencoder, images))
    return clamp ? clipUnit(decoded) : decoded
  })
}

/** [0, 1] of what a decoder gives; gradients pass where a value is not clipped. */
export const clipUnit = (images: Tensor4D): UnitImages => asUnit(clipByValue(images, 0, 1))

/** Reconstructions of several batches, clamped: of batches of one size in one pass. Nothing is read. */
export function reconstructEach(autoencoder: Reconstructs, batches: readonly UnitImages[]): UnitImages[] {
  const shapes = new Set(batches.map(({ shape }) => shape.join()))
  if (shapes.size > 1) return batches.map((images) => reconstruct(autoencoder, images))
  return tidy(() => {
    const all = asUnit(concat<Tensor4D>([...batches], 0))
    return split<Tensor4D>(reconstruct(autoencoder, all), batches.length).map(asUnit)
  })
}

/** Mean squared errors of the reconstructions of several batches: [N] each. Nothing is read. */
export const reconstructionErrors = (autoencoder: Reconstructs, batches: readonly UnitImages[]): Tensor1D[] =>
  tidy(() => reconstructEach(autoencoder, batches).map((again, i) => mseOfImages(again, at(batches, i))))
