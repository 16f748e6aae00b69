import { dispose, mul, type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Extractor } from '../models/extractor.ts'
import { extractorOf, type ShapedValues } from '../models/extractor-weights.ts'
import type { Weights } from '../models/weights.ts'
import { weightsOfPart } from '../pretraining/weights-of-part.ts'
import { type FlatLayout, tensorsOf } from '../training/flat.ts'

const PART = 'extractor'

/** What logits depend on: a whitening layer is folded into the head, and what stood before it is not looked at. */
const isTrained = (name: string): boolean => !name.startsWith('features.')

/**
 * An extractor's weights as parameters of a minter's training, under 'extractor.': divided by `rate`, so that an optimiser that moves
 * every parameter alike moves the weights by that share.
 */
export function extractorParameters({ weights }: Extractor, rate: number): Record<string, Tensor> {
  const trained = Object.entries(weights).filter(([name]) => isTrained(name))
  return tidy(() => Object.fromEntries(trained.map(([name, tensor]) => [`${PART}.${name}`, mul(tensor, 1 / rate)])))
}

/** The extractor that parameters stand for, differentiable by them; the caller's scope disposes it. */
export function extractorOfParameters(extractor: Extractor, parameters: Weights, rate: number): Extractor {
  const weights = Object.entries(weightsOfPart(PART, parameters)).map(([name, tensor]) => [name, mul(tensor, rate)])
  return { ...extractor, weights: Object.fromEntries(weights) }
}

/** The extractor that flat vectors of parameters stand for, with weights of its own. What made its bits white no longer holds. */
export async function trainedExtractor(
  { bits, network }: Extractor,
  layout: FlatLayout,
  vectors: readonly Float32Array[],
  rate: number,
): Promise<Extractor> {
  const parameters = tensorsOf(layout, vectors)
  const made: Record<string, ShapedValues> = {}
  try {
    for (const [name, tensor] of Object.entries(weightsOfPart(PART, parameters)))
      made[name] = [(await tensor.data<'float32'>()).map((value) => value * rate), tensor.shape]
    return extractorOf(made, { bits, network, whitened: false })
  } finally {
    dispose(parameters)
  }
}
