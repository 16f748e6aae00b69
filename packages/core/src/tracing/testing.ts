import { klState, noise, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { loadAutoencoder, readAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import { bytesToUnit, unitToBytes } from '../signal/bytes.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { reconstruct } from './reconstruct.ts'

/** Small random autoencoders: what they make, they alone reproduce to within rounding. */

const SHAPE = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const

export const tinyAutoencoder = (): Promise<Autoencoder> =>
  loadAutoencoder({ encoder: tinyState('encoder', SHAPE), decoder: tinyState('decoder', SHAPE) })

export const vqAutoencoder = (): Promise<Autoencoder> =>
  readAutoencoder(klState({ family: 'vq', widths: [4, 8], latentChannels: 4, groups: 2, blocks: 1 }, { codes: 6 }), {
    groups: 2,
  })

/** Pictures of noise about grey [N,H,W,3]. */
export const noiseImages = (seed: string, [n, h, w]: readonly [number, number, number], std = 0.2): UnitImages =>
  asUnit(
    tf.tensor4d(
      noise(seed, n * h * w * 3, std).map((value) => Math.min(1, Math.max(0, value + 0.5))),
      [n, h, w, 3],
    ),
  )

/** Images as they are after saving them to 8 bits; what is given is disposed. */
export async function saved(images: UnitImages): Promise<UnitImages> {
  const bytes = unitToBytes(await images.data())
  images.dispose()
  return bytesToUnit(bytes, images.shape)
}

/** Pictures that a decoder made of noise, of 8 bits. */
export function made(
  autoencoder: Autoencoder,
  seed: string,
  shape: readonly [number, number, number],
): Promise<UnitImages> {
  const source = noiseImages(seed, shape)
  const decoded = reconstruct(autoencoder, source)
  source.dispose()
  return saved(decoded)
}
