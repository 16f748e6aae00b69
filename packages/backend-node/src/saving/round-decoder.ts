import { type StoreOptions, storeWeights, type Weights, weightsFromStored } from '@stablesig/core'
import { type SignedOrigin, withStored } from './signed-origin.ts'

/** Signed weights as a reader of the saved file gets them. */
export interface RoundedDecoder {
  /** New tensors, which the caller disposes. */
  readonly weights: Weights
  /** Whether any of them differs from what was given: figures measured before are then of other weights. */
  readonly changed: boolean
}

/**
 * Signed weights as a reader of the saved file gets them: what figures are to be measured with.
 * @param options `forDelta` rounds float32 weights so that a delta stays small; then save, judge and describe these
 * @throws StableSigError as storeWeights
 */
export function roundDecoder(
  autoencoder: SignedOrigin,
  decoder: Weights,
  options: StoreOptions = {},
): Promise<RoundedDecoder> {
  return withStored(autoencoder, async (_, stored) => {
    const weights = weightsFromStored(await storeWeights(stored, decoder, options), decoder)
    return { weights, changed: await differ(weights, decoder) }
  })
}

async function differ(a: Weights, b: Weights): Promise<boolean> {
  for (const [name, tensor] of Object.entries(a)) {
    const [x, y] = await Promise.all([tensor.data<'float32'>(), b[name]?.data<'float32'>()])
    if (x.some((value, i) => value !== y?.[i])) return true
  }
  return false
}
