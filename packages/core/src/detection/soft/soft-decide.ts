import { unionFalsePositiveRate, weightedTails } from '@stablesig/stats'
import { badArgument, checkOptions } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { countMatches, readBits } from '../../metrics/bits.ts'
import { checkKey, type Key, keyBits } from '../../signal/key.ts'
import type { DecisionOptions } from '../decider.ts'
import type { BestReading } from '../decision.ts'
import { attainableThreshold, DEFAULT_FPR } from '../rates.ts'
import { type Reading, withReading } from '../reading.ts'
import type { Registry } from '../registry/registry.ts'
import { checkRegistry, requireWanted } from '../wanted.ts'
import { checkReliability, DEFAULT_RELIABILITY, type Reliability, weightsOf } from './reliability.ts'

export interface SoftOptions extends DecisionOptions {
  /** How sure a logit is by its magnitude; see `fitReliability`. The rate is exact whatever it says. */
  readonly reliability?: Reliability | undefined
}

/** What logits say about one key where surer bits count more. `bits` and `logits` are in no copy of it: see `Reading`. */
export interface SoftDetection extends Reading, BestReading {
  /** pValue <= fpr. */
  readonly detected: boolean
  /** Weights of the bits that agree with the key, of `maxScore`: whole numbers. */
  readonly score: number
  readonly maxScore: number
  /** Bits that agree, of `total`, for comparison: they do not decide. */
  readonly matches: number
  readonly total: number
  /** Chance that a random key agrees in so much weight with any of the readings. */
  readonly pValue: number
  /** The same for the one reading. */
  readonly rawPValue: number
  readonly fpr: number
}

/** Whose key logits carry where surer bits count more. */
export interface SoftIdentification extends Omit<SoftDetection, 'detected'> {
  /** The user who is accused: the best score, where its pValue is at most fpr and nobody equals it. Null otherwise. */
  readonly user: string | null
  readonly verdict: 'user' | 'nobody' | 'tie'
  readonly users: number
}

/**
 * Decides as `decideBest`, with each bit weighed by how sure it is instead of counted. Against a random key each bit agrees by a fair
 * coin whatever was read, so the weights that agree sum up to a known distribution (`weightedTails`): the p-value is exact given the
 * logits, for any weights that are made without the key. Of several readings of one image the least p-value decides, times their number.
 * For a given key it rests on more than a count does: signs must be fair and independent also among the largest logits.
 * @param readings logits of one reading of the image, or of several
 * @throws StableSigError as `decideBest`
 */
export function softDecide(
  readings: ArrayLike<number> | readonly ArrayLike<number>[],
  options: SoftOptions & { readonly key: Key },
): SoftDetection {
  checkOptions(options, 'softDecide')
  requireWanted(options, 'key')
  const { key, fpr = DEFAULT_FPR } = options
  const read = prepared(readings, options, 1)
  for (const { bits } of read) checkKey(key, bits.length)
  const wanted = keyBits(key)
  const scored = read.map((one) => {
    const score = one.weights.reduce((sum, weight, i) => sum + (one.bits[i] === wanted[i] ? weight : 0), 0)
    return { ...one, score, matches: countMatches(one.bits, key), rawPValue: one.tails[score]! }
  })
  const best = least(scored)
  const scores = scoresOf(best, read.length, fpr)
  return withReading({ detected: scores.pValue <= fpr, ...scores }, best.bits, best.logits)
}

/**
 * As `softDecide`, among the users of a registry: the best score of all of them, by looking at every key, and its chance among so many.
 * @throws StableSigError as `decideBest`; 'bad-registry' where nobody is registered or keys have another length
 */
export function softIdentify(
  readings: ArrayLike<number> | readonly ArrayLike<number>[],
  options: SoftOptions & { readonly registry: Registry },
): SoftIdentification {
  checkOptions(options, 'softIdentify')
  const { registry, fpr = DEFAULT_FPR } = options
  checkRegistry(registry)
  const users = registry.size
  const read = prepared(readings, options, Math.max(1, users))
  const scored = read.map((one) => {
    const nearest = registry.heaviest(one.bits, one.weights)
    const rawPValue = unionFalsePositiveRate(one.tails[nearest.score]!, users)
    return { ...one, ...nearest, rawPValue }
  })
  const best = least(scored)
  const scores = scoresOf(best, read.length, fpr)
  const equals = scored.filter(({ rawPValue }) => rawPValue === best.rawPValue)
  const one = equals.every(({ tied, user }) => tied === 1 && user === best.user)
  const verdict = scores.pValue > fpr ? 'nobody' : one ? 'user' : 'tie'
  const found = { user: verdict === 'user' ? best.user : null, verdict, users, ...scores } as const
  return withReading(found, best.bits, best.logits)
}

interface Scored {
  readonly reading: number
  readonly bits: Uint8Array
  readonly tails: Float64Array
  readonly score: number
  readonly matches: number
  readonly rawPValue: number
}

/** What is told of the reading that decides, of so many. */
function scoresOf({ reading, bits, tails, score, matches, rawPValue }: Scored, readings: number, fpr: number) {
  const pValue = Math.min(1, rawPValue * readings)
  return { score, maxScore: tails.length - 2, matches, total: bits.length, pValue, rawPValue, fpr, reading, readings }
}

/** What does not depend on a key: bits, weights and the distribution of their agreement, of each reading. */
function prepared(
  given: ArrayLike<number> | readonly ArrayLike<number>[],
  { reliability = DEFAULT_RELIABILITY, fpr = DEFAULT_FPR }: SoftOptions,
  users: number,
) {
  checkReliability(reliability)
  const readings = listOf(given)
  const read = readings.map((logits, reading) => {
    const bits = readBits(logits)
    const weights = weightsOf(logits, reliability)
    return { reading, logits, bits, weights, tails: weightedTails(weights) }
  })
  const { length } = read[0]!.bits
  const other = read.find(({ bits }) => bits.length !== length)
  if (other) throw new StableSigError('shape', `Expected ${length} logits, found ${other.bits.length}`)
  // All bits agreeing is the rarest event there is, weighed or counted.
  attainableThreshold(length, fpr / read.length, users)
  return read
}

function listOf(given: ArrayLike<number> | readonly ArrayLike<number>[]): readonly ArrayLike<number>[] {
  if (typeof given !== 'object' || given === null || typeof given.length !== 'number')
    throw badArgument('readings', 'logits, or an array of them', given)
  if (given.length === 0) throw new StableSigError('bad-argument', 'Expected at least one reading of the image')
  return typeof given[0] === 'number' ? [given as ArrayLike<number>] : (given as readonly ArrayLike<number>[])
}

/** The reading with the least chance, the first of equals. */
const least = <T extends { readonly rawPValue: number }>(readings: readonly T[]): T =>
  readings.reduce((best, one) => (one.rawPValue < best.rawPValue ? one : best))
