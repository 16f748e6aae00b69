import type { WeightsInput } from '../weights/weights-source.ts'
import type { SentExtractor, SentWeights } from './messages.ts'
import type { WorkerExtractor } from './worker-detector.ts'

const given = (weights: WeightsInput | WorkerExtractor): WorkerExtractor =>
  typeof weights === 'string' || weights instanceof URL || weights instanceof Blob ? { weights } : weights

/** Weights as they can be posted. */
export function sentWeights(input: WeightsInput | WorkerExtractor): SentWeights {
  const { weights, maxBytes, sha256, cache } = given(input)
  return {
    // A worker's own address may be another one, so a URL is made whole here.
    weights: weights instanceof Blob ? weights : new URL(weights, globalThis.location?.href).href,
    source: {
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(cache === undefined ? {} : { cache }),
    },
  }
}

export function sentExtractor(input: WeightsInput | WorkerExtractor): SentExtractor {
  const { redundancy } = given(input)
  return { ...sentWeights(input), options: redundancy === undefined ? {} : { redundancy } }
}
