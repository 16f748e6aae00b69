import { extractorState, tinyState } from '@stablesig/testing/networks'
import { div, floor, mul, randomUniform, tidy } from '@tensorflow/tfjs-core'
import { type Autoencoder, type LatentDecoder, withWeights } from '../../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../../models/extractor.ts'
import { loadExtractor } from '../../models/read-extractor.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'

const shape = { width: 4, latentChannels: 4, pooled: true, spelling: 'taesd' } as const

export const tinyAutoencoder = (): Promise<Autoencoder> =>
  loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })

export const tinyExtractor = (): Promise<Extractor> =>
  loadExtractor(extractorState({ bits: 8, channels: 8, blocks: 2 }))

/** Images [count,16,16,3] on levels of 8 bits, away from black and white. */
export const pictures = (count: number, seed: number): UnitImages =>
  tidy(() => asUnit(div(floor(mul(randomUniform([count, 16, 16, 3], 0.2, 0.8, 'float32', seed), 255)), 255)))

/** The decoder with each weight times a factor. */
export const scaled = (decoder: LatentDecoder, factor: number): LatentDecoder =>
  withWeights(
    decoder,
    tidy(() =>
      Object.fromEntries(Object.entries(decoder.weights).map(([name, weight]) => [name, mul(weight, factor)])),
    ),
  )
