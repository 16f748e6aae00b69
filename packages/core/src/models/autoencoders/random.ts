import seedrandom from 'seedrandom'
import { toTfjs } from '../read.ts'
import type { Weights } from '../weights.ts'
import type { LatentDecoder, LatentEncoder } from './autoencoder.ts'
import { klDecoder, klEncoder } from './kl.ts'
import { type KlPlan, type KlShape, klPlan, klShapes } from './kl-plan.ts'

/*
 * Autoencoders of any size without a file, to measure speed and memory by.
 */

/**
 * Weights that keep a network's activations near 1: convolutions as He et al. draw them, norms near the identity, biases small.
 * @param seed the same weights for the same seed
 */
export function randomKlWeights(plan: KlPlan, seed: string | number = 0): Weights {
  const random = seedrandom(`${seed}`)
  const weights = Object.entries(klShapes(plan)).map(([name, shape]) => {
    const [length, fan] = [product(shape), product(shape.slice(1))]
    const values = new Float32Array(length)
    const norm = shape.length === 1 && name.endsWith('.weight')
    // A uniform draw of the deviation wanted: SD-sized decoders have 49.5 million of them.
    const reach = Math.sqrt(3) * (shape.length === 1 ? 0.05 : 1 / Math.sqrt(fan))
    for (let i = 0; i < length; i++) values[i] = (norm ? 1 : 0) + reach * (2 * random.quick() - 1)
    return [name, toTfjs(values, shape)] as const
  })
  return Object.fromEntries(weights)
}

/** A KL decoder of a given shape with random weights: { widths: [128, 256, 512, 512], latentChannels: 4 } is Stable Diffusion's. */
export function randomKlDecoder(shape: KlShape, seed?: string | number): LatentDecoder {
  const plan = klPlan('decoder', shape)
  return klDecoder(plan, { weights: randomKlWeights(plan, seed) })
}

/** The encoder beside it. */
export function randomKlEncoder(shape: KlShape, seed?: string | number): LatentEncoder {
  const plan = klPlan('encoder', shape)
  return klEncoder(plan, { weights: randomKlWeights(plan, seed) })
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
