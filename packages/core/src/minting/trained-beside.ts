import { clone, dispose, mul, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { type LatentDecoder, withWeights } from '../models/autoencoders/autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { extractorOf, type ShapedValues } from '../models/extractor-weights.ts'
import type { Weights } from '../models/weights.ts'
import { markConstant } from '../ops/hints.ts'
import { weightsOfPart } from '../pretraining/weights-of-part.ts'
import { type FlatLayout, tensorsOf } from '../training/flat.ts'
import { mintingPlan } from './plan.ts'

/** A network whose weights are trained beside the minter: parameters of its training, as 'extractor.head.weight' or 'decoder.8.bias'. */
type Part = 'extractor' | 'decoder'

/**
 * Weights as parameters of a minter's training, under their part's name: divided by `rate`, so that an optimiser that moves every
 * parameter alike moves the weights by that share.
 */
const parametersOfPart = (part: Part, weights: Weights, rate: number): Record<string, Tensor> =>
  tidy(() =>
    Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [`${part}.${name}`, mul(tensor, 1 / rate)])),
  )

/** The weights that parameters stand for, differentiable by them; the caller's scope disposes them. */
const weightsOfParameters = (part: Part, parameters: Weights, rate: number): Weights =>
  Object.fromEntries(Object.entries(weightsOfPart(part, parameters)).map(([name, tensor]) => [name, mul(tensor, rate)]))

/** Their values, from flat vectors of all parameters. */
async function valuesOfPart(
  part: Part,
  layout: FlatLayout,
  vectors: readonly Float32Array[],
  rate: number,
): Promise<Record<string, ShapedValues>> {
  const parameters = tensorsOf(layout, vectors)
  const made: Record<string, ShapedValues> = {}
  try {
    for (const [name, tensor] of Object.entries(weightsOfPart(part, parameters)))
      made[name] = [(await tensor.data<'float32'>()).map((value) => value * rate), tensor.shape]
    return made
  } finally {
    dispose(parameters)
  }
}

/** What logits depend on: a whitening layer is folded into the head, and what stood before it is not looked at. */
export function extractorParameters({ weights }: Extractor, rate: number): Record<string, Tensor> {
  const read = Object.entries(weights).filter(([name]) => !name.startsWith('features.'))
  return parametersOfPart('extractor', Object.fromEntries(read), rate)
}

export const extractorOfParameters = (extractor: Extractor, parameters: Weights, rate: number): Extractor => ({
  ...extractor,
  weights: weightsOfParameters('extractor', parameters, rate),
})

/** The extractor that flat vectors of parameters stand for, with weights of its own. What made its bits white no longer holds. */
export const trainedExtractor = async (
  { bits, network }: Extractor,
  layout: FlatLayout,
  vectors: readonly Float32Array[],
  rate: number,
): Promise<Extractor> =>
  extractorOf(await valuesOfPart('extractor', layout, vectors, rate), { bits, network, whitened: false })

/** What stands behind the frozen first stages: where keys enter, and the convolution that makes the image. */
export function decoderParameters(decoder: LatentDecoder, rate: number): Record<string, Tensor> {
  const late = new Set(mintingPlan(decoder).tail.flatMap(({ weights }) => weights))
  const weights = Object.entries(decoder.weights).filter(([name]) => late.has(name))
  return parametersOfPart('decoder', Object.fromEntries(weights), rate)
}

/** The decoder's weights with those that parameters stand for in their places. */
export const decoderWeights = ({ weights }: LatentDecoder, parameters: Weights, rate: number): Weights => ({
  ...weights,
  ...weightsOfParameters('decoder', parameters, rate),
})

/** The decoder that flat vectors of parameters stand for, with weights of its own; a VQ decoder's codes stay the given one's. */
export async function trainedDecoder(
  decoder: LatentDecoder,
  layout: FlatLayout,
  vectors: readonly Float32Array[],
  rate: number,
): Promise<LatentDecoder> {
  const values = await valuesOfPart('decoder', layout, vectors, rate)
  const weights = Object.entries(decoder.weights).map(([name, original]): [string, Tensor] => {
    const [trained, shape] = values[name] ?? []
    return [name, trained ? markConstant(tensor(trained, shape, 'float32')) : clone(original)]
  })
  return withWeights(decoder, Object.fromEntries(weights))
}
