import { falsePositiveRate, log10FalsePositiveRate, weightedTails } from '@stablesig/stats'
import { badArgument, checkOneOf, checkOptions } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { countMatches, readBits } from '../metrics/bits.ts'
import type { Key } from '../signal/key.ts'
import type { DecisionOptions } from './decider.ts'
import { attainableThreshold, DEFAULT_FPR } from './rates.ts'
import { type Reading, withReading } from './reading.ts'
import type { WhiteningStated } from './whitened.ts'

/**
 * How images are made one.
 * `mean`: the logits are averaged and read as one image, `total` = bits. Right for any images, copies and neighbouring frames
 * included: whatever was read, a random key agrees with half of it.
 * `counts`: matches are added up, `total` = images x bits. Sharper, and right only for images that have nothing in common:
 * frames of one video make the same chance errors, and thirty of them at 34 of 48 would count as certainty.
 * `votes`: matches are added up as under `counts`, and their chance is that of the images at hand: with n1 images reading a bit as 1 and n0 as
 * 0, a random key's bit adds n1 or n0, each with probability 1/2, so that the sum has an exact distribution (`weightedTails`) however alike
 * the images are. Right for any images, and for tiles of one (`cutTiles`); one that is read wrongly outweighs no other.
 */
export type Combine = 'mean' | 'counts' | 'votes'

/** What several images say together about one key. `bits` and `logits` are of the averaged logits, and in no copy: see `Reading`. */
export interface CombinedDetection extends Reading, WhiteningStated {
  readonly detected: boolean
  readonly matches: number
  readonly total: number
  /** How many images were decided on. */
  readonly images: number
  readonly combine: Combine
  /** Matches of each image by itself. */
  readonly matchesEach: readonly number[]
  readonly pValue: number
  /** Logarithm to base 10 of pValue, for values that are too small for a number. */
  readonly log10PValue: number
  readonly threshold: number
  readonly fpr: number
}

export interface CombineOptions {
  /** `mean` (default), `votes`, or `counts` for images that are known to have nothing in common. */
  readonly combine?: Combine | undefined
}

export interface DecideTogetherOptions extends DecisionOptions, CombineOptions {
  readonly key: Key
}

/**
 * Decides whether several images, such as frames of a video or copies of one picture, carry a key, as one decision.
 * @param rows logits of each image, one finite number a bit
 * @throws StableSigError as `decide`; 'bad-argument' without images
 */
export function decideTogether(rows: readonly ArrayLike<number>[], options: DecideTogetherOptions): CombinedDetection {
  checkOptions(options, 'decideTogether')
  const { key, fpr = DEFAULT_FPR, combine = 'mean' } = options
  if (!Array.isArray(rows)) throw badArgument('rows', 'an array of logits, one entry an image', rows)
  checkCombine(combine)
  if (rows.length === 0) throw new StableSigError('bad-argument', 'Expected at least one image')
  const matchesEach = rows.map((row) => countMatches(readBits(row), key))
  const logits = Array.from({ length: key.length }, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length)
  const bits = readBits(logits)
  const [matches, total] =
    combine === 'mean'
      ? [countMatches(bits, key), key.length]
      : [matchesEach.reduce((sum, count) => sum + count, 0), rows.length * key.length]
  const { threshold, pValue, log10PValue } =
    combine === 'votes' ? byVotes(rows, matches, key.length, fpr) : byCount(matches, total, fpr)
  const decision = {
    detected: matches >= threshold,
    matches,
    total,
    images: rows.length,
    combine,
    matchesEach,
    pValue,
    log10PValue,
    threshold,
    fpr,
    whitened: null,
  }
  return withReading(decision, bits, logits)
}

interface Chance {
  readonly threshold: number
  readonly pValue: number
  readonly log10PValue: number
}

const byCount = (matches: number, total: number, fpr: number): Chance => ({
  threshold: attainableThreshold(total, fpr),
  pValue: falsePositiveRate(matches, total),
  log10PValue: log10FalsePositiveRate(matches, total),
})

/** Of a bit's two counts of images the lesser is there whatever the key; agreement with the majority adds their difference. */
function byVotes(rows: readonly ArrayLike<number>[], matches: number, bits: number, fpr: number): Chance {
  // A key of which not all bits together are rare enough decides by no vote.
  attainableThreshold(bits, fpr)
  const read = rows.map((row) => readBits(row))
  const ones = Array.from({ length: bits }, (_, i) => read.reduce((sum, row) => sum + row[i]!, 0))
  const certain = ones.reduce((sum, count) => sum + Math.min(count, rows.length - count), 0)
  const tails = weightedTails(ones.map((count) => Math.abs(2 * count - rows.length)))
  const pValue = tails[matches - certain]!
  // Where images disagree about many bits no agreement is rare enough: one more than there can be.
  return { threshold: certain + tails.findIndex((tail) => tail <= fpr), pValue, log10PValue: Math.log10(pValue) }
}

/** @throws StableSigError 'bad-argument' */
export function checkCombine(combine: unknown): void {
  checkOneOf(combine, 'combine', ['mean', 'counts', 'votes'])
}
