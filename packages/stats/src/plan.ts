import { checkInside, checkInteger, checkProbability, checkUsers } from './arguments.ts'
import { falsePositiveRate, log10FalsePositiveRate } from './false-positive-rate.ts'
import { truePositiveRate } from './power.ts'
import { threshold, withinRate } from './threshold.ts'
import { unionFalsePositiveRate } from './union.ts'

const MAX_BITS = 1e6

/** What a key length can do. */
export interface KeyPlan {
  readonly bits: number
  readonly users: number
  /** Greatest false-positive rate asked for, over all users. */
  readonly fpr: number
  /** Least number of matches that is flagged; bits + 1 where the rate is unattainable. */
  readonly threshold: number
  /** Whether a perfect match is rare enough. */
  readonly attainable: boolean
  /** bits - threshold; null where the rate is unattainable. */
  readonly errorsTolerated: number | null
  /** Bit accuracy at the threshold, threshold/bits; null where the rate is unattainable. */
  readonly minBitAccuracy: number | null
  /** Rate of one user's key at the threshold (0 where unattainable: nothing is flagged), and its logarithm. */
  readonly falsePositiveRate: number
  readonly log10FalsePositiveRate: number
  /** Rate over all users at the threshold, at most fpr. */
  readonly unionFalsePositiveRate: number
  /** Share of marked images flagged when bits are read right with the probability given; null where none is given. */
  readonly truePositiveRate: number | null
}

export interface KeyPlanRequest {
  /** Key length, 1..1e6. */
  readonly bits: number
  /** Keys compared, from 1; default 1 (detection of one key). */
  readonly users?: number
  /** Greatest false-positive rate over all users, [0,1]; default 1e-6. */
  readonly fpr?: number
  /** Expected bit accuracy of marked images, [0,1], to have a true-positive rate told. */
  readonly bitAccuracy?: number
}

/**
 * Plans detection and identification with keys of a given length.
 * planKey({ bits: 48, users: 1e5, fpr: 1e-6 }) has the threshold 46: two errors are tolerated.
 * @throws RangeError for an argument outside its range
 */
export function planKey({ bits, users = 1, fpr = 1e-6, bitAccuracy }: KeyPlanRequest): KeyPlan {
  checkInteger('bits', bits, 1, MAX_BITS)
  if (bitAccuracy !== undefined) checkProbability('bitAccuracy', bitAccuracy)
  const least = threshold(bits, fpr, { users })
  const attainable = least <= bits
  const rate = falsePositiveRate(least, bits)
  return {
    bits,
    users,
    fpr,
    threshold: least,
    attainable,
    errorsTolerated: attainable ? bits - least : null,
    minBitAccuracy: attainable ? least / bits : null,
    falsePositiveRate: rate,
    log10FalsePositiveRate: log10FalsePositiveRate(least, bits),
    unionFalsePositiveRate: unionFalsePositiveRate(rate, users),
    truePositiveRate: bitAccuracy === undefined ? null : truePositiveRate(least, bits, bitAccuracy),
  }
}

export interface MinKeyBitsRequest {
  readonly users?: number
  readonly fpr?: number
  /** Expected bit accuracy of marked images, (0.5,1]. */
  readonly bitAccuracy: number
  /** Share of marked images to be flagged, (0,1); default 0.99. */
  readonly truePositiveRate?: number
  /** Longest key considered, 1..65536; default 4096. */
  readonly maxBits?: number
}

/**
 * The inverse: least key length that keeps the false-positive rate over all users and flags the share asked for of images
 * whose bits are read right with the probability given. As the threshold is a whole number, the share rises with the length in a
 * saw-tooth: a slightly longer key may flag slightly less.
 * @returns the plan for that length, or null where no length up to maxBits does
 * @throws RangeError for an argument outside its range
 */
export function minKeyBits(request: MinKeyBitsRequest): KeyPlan | null {
  const { users = 1, fpr = 1e-6, bitAccuracy, truePositiveRate: share = 0.99, maxBits = 4096 } = request
  checkUsers('users', users)
  checkInside('fpr', fpr)
  checkInside('truePositiveRate', share)
  checkInteger('maxBits', maxBits, 1, 65536)
  if (!(bitAccuracy > 0.5 && bitAccuracy <= 1))
    throw new RangeError(`bitAccuracy must be above 0.5, what chance gives, and at most 1, but is ${bitAccuracy}`)
  // Even a perfect match of fewer bits is too likely: N·2^-k > 2·fpr.
  const first = Math.max(1, Math.floor(Math.log2(users / fpr)) - 1)
  let least = threshold(first, fpr, { users })
  for (let bits = first; bits <= maxBits; bits++) {
    // A further bit raises the threshold by 0 or 1: t+1 of k+1 matches are rarer than t of k, t of k+1 more frequent.
    if (!withinRate(least, bits, fpr, users, 0.5, true)) least++
    if (least <= bits && truePositiveRate(least, bits, bitAccuracy) >= share)
      return planKey({ bits, users, fpr, bitAccuracy })
  }
  return null
}
