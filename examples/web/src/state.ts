import type { Reading, WorkerDetector } from '@stablesig/backend-web'
import type { Detection, Identification } from '@stablesig/core'
import { createDecider, type Decider } from '@stablesig/core/detection'
import type { Wanted } from './wanted.ts'

/** An extractor that is open, and which file it is. */
export interface OpenExtractor {
  readonly detector: WorkerDetector
  readonly name: string
  /** SHA-256 of its file. */
  readonly sha256: string
}

/** A decision on one image, for one key or among users alike. */
export interface Decided {
  readonly found: boolean
  /** Who is accused; null where nobody is, or one key is looked for. */
  readonly user: string | null
  readonly matches: number
  readonly total: number
  readonly pValue: number
  readonly threshold: number
  readonly fpr: number
  /** Users among whom it was decided; 1 for one key. */
  readonly keys: number
  /** Size in pixels at which the image was read for it. */
  readonly width: number
  readonly height: number
}

/** Decides on what images read as. */
export type Decide = (readings: readonly Reading[]) => Decided

/** @throws StableSigError 'bad-key', 'bad-registry', 'not-whitened', 'unattainable' */
export function deciderOf({ detector }: OpenExtractor, wanted: Wanted, allowUnwhitened: boolean): Decide {
  const { extractor } = detector
  if ('key' in wanted) {
    const decider: Decider<Detection> = createDecider({ extractor, key: wanted.key, allowUnwhitened })
    return (readings) => {
      const one = decider.decideBest(readings.map(({ logits }) => logits))
      return { ...common(one, readings), found: one.detected, user: null, keys: 1 }
    }
  }
  const decider: Decider<Identification> = createDecider({ extractor, registry: wanted.registry, allowUnwhitened })
  return (readings) => {
    const one = decider.decideBest(readings.map(({ logits }) => logits))
    return { ...common(one, readings), found: one.user !== null, user: one.user, keys: one.users }
  }
}

function common(
  { matches, total, pValue, threshold, fpr, reading }: (Detection | Identification) & { readonly reading: number },
  readings: readonly Reading[],
) {
  const { width = 0, height = 0 } = readings[reading] ?? {}
  return { matches, total, pValue, threshold, fpr, width, height }
}
