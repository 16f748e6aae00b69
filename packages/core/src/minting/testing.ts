import { noise } from '@stablesig/testing/networks'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { type MinterArchitecture, minterShapes } from './architecture.ts'
import type { Minter } from './minter.ts'
import { networkHash } from './network-hash.ts'
import { mintingPlan } from './plan.ts'

/** A minter of random weights for a decoder, whose scales are far from 1. */
export async function randomMinter(decoder: LatentDecoder, bits: number): Promise<Minter> {
  const { convolutions } = mintingPlan(decoder)
  const architecture: MinterArchitecture = { bits, hidden: 6, maxScale: 0.5, maxShift: 0.3, convolutions }
  const values = Object.entries(minterShapes(architecture)).map(
    ([name, shape]) =>
      [
        name,
        noise(
          name,
          shape.reduce((a, b) => a * b, 1),
          0.4,
        ),
      ] as const,
  )
  return {
    architecture,
    decoderHash: await networkHash(decoder.weights),
    extractorHash: '0'.repeat(64),
    values: Object.fromEntries(values),
  }
}
