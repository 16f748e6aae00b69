import { sampleMoments } from '@stablesig/stats'
import { extractorState, tinyState } from '@stablesig/testing/networks'
import { dispose, div, floor, mul, randomUniform, tidy } from '@tensorflow/tfjs-core'
import { at } from '../../at.ts'
import { extractLogits } from '../../inference/graphs.ts'
import { type Autoencoder, type LatentDecoder, withWeights } from '../../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../../models/extractor.ts'
import { loadExtractor } from '../../models/read-extractor.ts'
import { withWhitening } from '../../models/whitened.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'

const shape = { width: 4, latentChannels: 4, pooled: true, spelling: 'taesd' } as const

export const tinyAutoencoder = (): Promise<Autoencoder> =>
  loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })

const BITS = 8

/** Its bits stand about even on `pictures`, each with a standard deviation of 1, as whitened ones do. */
export async function tinyExtractor(): Promise<Extractor> {
  const plain = await loadExtractor(extractorState({ bits: BITS, channels: 8, blocks: 2, whiten: false }))
  const images = pictures(32, 0)
  const logits = extractLogits(plain, images)
  const values = await logits.array().finally(() => dispose([images, logits]))
  const each = Array.from({ length: BITS }, (_, bit) => sampleMoments(values.map((row) => at(row, bit))))
  const weight = each.flatMap(({ std }, bit) => each.map((_, other) => (other === bit ? 1 / std : 0)))
  const bias = each.map(({ mean, std }) => -mean / std)
  return withWhitening(plain, { weight, bias }).finally(() => plain.dispose())
}

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
