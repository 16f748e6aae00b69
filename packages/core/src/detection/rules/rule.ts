import { StableSigError } from '../../errors.ts'
import type { Best, BestReading } from '../decision.ts'

/** What was read of an image: logits, all finite, and the bits they read as. */
export interface Read {
  readonly logits: ArrayLike<number>
  readonly bits: Uint8Array
}

/** What a decision is held to. */
export interface Terms {
  /** Least number of matches that decides. */
  readonly threshold: number
  /** The rate that it is the threshold of. */
  readonly fpr: number
  /** Whether the extractor is whitened; null where it is not known. */
  readonly whitened: boolean | null
}

/** How what was read is decided on, for what is wanted. Whoever applies a rule has looked at lengths and works out the threshold. */
export interface Rule<D> {
  /** How many keys are tried; the threshold is that of their union. A registry may have none yet, and more with time. */
  readonly count: number
  /** @throws StableSigError 'bad-key' or 'bad-registry' unless its keys are as long as what `bits` logits say */
  checkLength(bits: number): void
  decide(read: Read, terms: Terms): D
  /**
   * Of decisions about several readings of one image, each at its share of the rate, the one about the image.
   * @param fpr rate of all of them together
   */
  best(decisions: readonly D[], fpr: number): Best<D>
}

interface Counted {
  readonly matches: number
  readonly pValue: number
}

/**
 * The decision with most matches, the first of equals, with rate and p-value of all of them together. It is changed and given back.
 * @throws StableSigError 'bad-argument' where there is none
 */
export function mostMatches<D extends Counted>(decisions: readonly D[], fpr: number): D & BestReading {
  let reading = 0
  for (const [at, { matches }] of decisions.entries()) if (matches > decisions[reading]!.matches) reading = at
  const found = decisions[reading]
  if (!found) throw new StableSigError('bad-argument', 'Expected at least one reading of the image')
  const readings = decisions.length
  // Not copied: what was read is not enumerable.
  return Object.assign(found, { pValue: Math.min(1, found.pValue * readings), fpr, reading, readings })
}

/** As `mostMatches`, where a decision also says the chance of its one key. */
export function mostMatchesOfMany<D extends Counted & { readonly singlePValue: number }>(
  decisions: readonly D[],
  fpr: number,
): D & BestReading {
  const found = mostMatches(decisions, fpr)
  return Object.assign(found, { singlePValue: Math.min(1, found.singlePValue * decisions.length) })
}
