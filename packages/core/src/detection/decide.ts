import { falsePositiveRate, unionFalsePositiveRate } from '@stablesig/stats'
import { badArgument } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { countMatches, readBits } from '../metrics/bits.ts'
import type { Key } from '../signal/key.ts'
import { attainableThreshold, DEFAULT_FPR } from './rates.ts'
import { type Reading, withReading } from './reading.ts'
import type { WhiteningStated } from './whitened.ts'

/** What an image says about one key. `bits` and `logits` are in no copy of it: see `Reading`. */
export interface Detection extends Reading, WhiteningStated {
  /** Whether the key is there: matches >= threshold, which is pValue <= fpr. */
  readonly detected: boolean
  /** Bits that agree with the key, of `total`. */
  readonly matches: number
  readonly total: number
  /** Chance that an image without the key agrees in so many bits. */
  readonly pValue: number
  /** Least number of matches that is detected. */
  readonly threshold: number
  /** Greatest chance that was allowed. */
  readonly fpr: number
}

/** What an image says about one of several keys. Its `pValue` is that of all of them together: see `decideKeys`. */
export interface KeyDetection extends Detection {
  /** Chance for this key alone. */
  readonly singlePValue: number
  /** How many keys were tried. */
  readonly keys: number
}

/**
 * Decides whether logits carry a key. Exact for a key drawn at random and for any image: its bits are then fair and
 * independent of what is read, so the matches are Binomial(bits, 1/2). For one fixed key and images drawn at random it needs
 * an extractor whose bits are fair and independent on plain images, which is what whitening is for (see `calibrate`); logits do
 * not tell what gave them, so `whitened` is null here, and nothing is refused.
 * @param logits one finite number a bit
 * @throws StableSigError 'not-finite', 'bad-key' (another length), 'bad-argument' (fpr), 'unattainable'
 */
export function decide(logits: ArrayLike<number>, key: Key, fpr: number = DEFAULT_FPR): Detection {
  const bits = readBits(logits)
  const matches = countMatches(bits, key)
  const total = bits.length
  const least = attainableThreshold(total, fpr)
  const decision = {
    detected: matches >= least,
    matches,
    total,
    pValue: falsePositiveRate(matches, total),
    threshold: least,
    fpr,
    whitened: null,
  }
  return withReading(decision, bits, logits)
}

/** @throws StableSigError 'bad-argument' unless it is a list of at least one; each is checked where its bits are read */
export function checkKeys(keys: readonly Key[]): void {
  if (!Array.isArray(keys)) throw badArgument('keys', 'an array of keys', keys)
  if (keys.length === 0) throw new StableSigError('bad-argument', 'Expected at least one key')
}

/**
 * Decides each of several keys so that `fpr` bounds the chance of even one false detection among them: threshold and pValue
 * are those of the union, 1 - (1 - p)^n, which asks more of each than `decide` does.
 * @returns one decision a key, in their order
 */
export function decideKeys(logits: ArrayLike<number>, keys: readonly Key[], fpr: number = DEFAULT_FPR): KeyDetection[] {
  checkKeys(keys)
  const bits = readBits(logits)
  const total = bits.length
  const counts = keys.map((key) => countMatches(bits, key))
  const least = attainableThreshold(total, fpr, keys.length)
  return counts.map((matches) => {
    const singlePValue = falsePositiveRate(matches, total)
    const decision = {
      detected: matches >= least,
      matches,
      total,
      pValue: unionFalsePositiveRate(singlePValue, keys.length),
      singlePValue,
      threshold: least,
      fpr,
      whitened: null,
      keys: keys.length,
    }
    return withReading(decision, bits, logits)
  })
}
