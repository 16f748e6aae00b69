import { klState, noise, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { affineScaling } from '../models/autoencoders/latents.ts'
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

/** Side of the squares of `blockAutoencoder`, and latent channels. */
const [SIDE, CHANNELS] = [8, 24]
/** What of a latent its encoder gives: the decoder's own images come back nearly, and the second pass changes as much as the first. */
const GAIN = 0.97

/**
 * An autoencoder that is one, unlike networks of random weights: each square of 8x8 pixels is projected on some directions, drawn from a
 * seed, which have no symmetry. What it made lies along them, and nothing else does.
 */
export function blockAutoencoder(seed = 'directions'): Autoencoder {
  const kernel = tf.tensor4d(orthonormal(seed, SIDE * SIDE * 3, CHANNELS), [SIDE, SIDE, 3, CHANNELS])
  const network = {
    ...{ family: 'tiny' as const, latentChannels: CHANNELS, downscale: SIDE, widths: [3], stages: [] },
    ...{ weights: { kernel }, names: new Map<string, string>(), shapes: new Map<string, readonly number[]>() },
  }
  const dispose = () => void kernel.dispose()
  return {
    ...{ latentChannels: CHANNELS, downscale: SIDE, latents: affineScaling(1), dispose },
    encoder: {
      ...{ ...network, dispose },
      apply: (_, images) =>
        tf.tidy(() => tf.mul(tf.conv2d(tf.sub(images, 0.5) as tf.Tensor4D, kernel, SIDE, 'valid'), GAIN)),
    },
    decoder: {
      ...{ ...network, dispose },
      apply: (_, latents) =>
        tf.tidy(() => {
          const [n, h, w] = latents.shape
          return asUnit(tf.add(tf.conv2dTranspose(latents, kernel, [n, h * SIDE, w * SIDE, 3], SIDE, 'valid'), 0.5))
        }),
    },
  }
}

/** Directions of `length` numbers in the columns of a matrix, row by row: Gram-Schmidt of noise. */
function orthonormal(seed: string, length: number, count: number): Float32Array {
  const columns: Float64Array[] = []
  for (let k = 0; k < count; k++) {
    const column = Float64Array.from(noise(`${seed} ${k}`, length, 1))
    for (const other of columns) {
      const along = column.reduce((sum, value, i) => sum + value * at(other, i), 0)
      for (let i = 0; i < length; i++) column[i] = at(column, i) - along * at(other, i)
    }
    const norm = Math.hypot(...column)
    columns.push(column.map((value) => value / norm))
  }
  return Float32Array.from({ length: length * count }, (_, i) => at(at(columns, i % count), Math.floor(i / count)))
}

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

/** Pictures that a decoder made, of noise or of other pictures; 8 bits. */
export function made(
  autoencoder: Autoencoder,
  seed: string,
  [n, h, w]: readonly [number, number, number],
  picture: (seed: string, size: number) => UnitImages = (seed) => noiseImages(seed, [n, h, w]),
): Promise<UnitImages> {
  const source = picture(seed, h)
  const decoded = reconstruct(autoencoder, source)
  source.dispose()
  return saved(decoded)
}
