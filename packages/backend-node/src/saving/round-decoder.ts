import type { LatentDecoder } from '@stablesig/core'
import { type StoreOptions, storeWeights, type Weights, weightsFromStored } from '@stablesig/core/weights'
import type { StateTensor, TensorData } from '@stablesig/weights'
import { dispose } from '@tensorflow/tfjs-core'
import { type SignedOrigin, withStored } from './signed-origin.ts'

/** Signed weights: as `finetuneDecoder` gives them, or bare, under the model's own names. */
export type SignedWeights = LatentDecoder | Weights

const weightsOf = (decoder: SignedWeights): Weights => (isDecoder(decoder) ? decoder.weights : decoder)
/** Weights are tensors by name, and no tensor is called apply. */
const isDecoder = (decoder: SignedWeights): decoder is LatentDecoder => typeof decoder.apply === 'function'

/** Signed weights as they are stored, and as a reader of the saved file gets them. Holds tensors: call `dispose`. */
export class RoundedDecoder {
  constructor(
    /** By the model's own names, in the dtypes and shapes of the file that came in. */
    readonly stored: ReadonlyMap<string, TensorData>,
    readonly weights: Weights,
    /** Whether any weight differs from what was given: figures measured before are then of other weights. */
    readonly changed: boolean,
  ) {}

  /** Frees the weights; what is stored can still be saved. */
  dispose(): void {
    dispose(this.weights)
  }
}

/**
 * Signed weights rounded as they are stored: what figures are to be measured with, and what every writer takes, so that they are
 * stored once.
 * @param options `forDelta` rounds float32 weights so that a delta stays small; then save, judge and describe these
 * @throws StableSigError as storeWeights
 */
export function roundDecoder(
  autoencoder: SignedOrigin,
  decoder: SignedWeights,
  options: StoreOptions = {},
): Promise<RoundedDecoder> {
  return withStored(autoencoder, async (_, original) => {
    const given = weightsOf(decoder)
    const stored = await storeWeights(original, given, options)
    const weights = weightsFromStored(stored, given)
    return new RoundedDecoder(stored, weights, await differ(weights, given))
  })
}

/** The signed tensors as they are stored. @param original the file's tensors, by the model's names */
export const storedTensors = async (
  original: ReadonlyMap<string, StateTensor>,
  decoder: SignedWeights | RoundedDecoder,
): Promise<ReadonlyMap<string, TensorData>> =>
  decoder instanceof RoundedDecoder ? decoder.stored : storeWeights(original, weightsOf(decoder))

async function differ(a: Weights, b: Weights): Promise<boolean> {
  for (const [name, tensor] of Object.entries(a)) {
    const [x, y] = await Promise.all([tensor.data<'float32'>(), b[name]?.data<'float32'>()])
    if (x.some((value, i) => value !== y?.[i])) return true
  }
  return false
}
