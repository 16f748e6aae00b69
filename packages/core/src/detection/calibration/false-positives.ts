import { clopperPearson, falsePositiveRate, threshold } from '@stablesig/stats'
import { badArgument, checkNumber, checkOptions } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { checkFpr } from '../rates.ts'

/** How often unmarked images were taken for marked ones at one rate, beside how often they should be. */
export interface FalsePositives {
  /** The rate that was asked for. */
  readonly fpr: number
  /** Decisions on unmarked images, and those of them that were positive: pValue <= fpr. */
  readonly decisions: number
  readonly positives: number
  readonly observed: number
  /** Bounds of the true rate at `confidence`, by Clopper and Pearson: for decisions that are independent. */
  readonly low: number
  readonly high: number
  /** The exact rate of the count at its threshold for `fpr`: below fpr, for counts are whole. null where it is not a plain count. */
  readonly exact: number | null
  /** Whether the bounds hold the exact rate; where there is none, whether they do not lie above fpr. */
  readonly consistent: boolean
}

export interface FalsePositivesOptions {
  /** Rates to look at. Default 0.1, 0.01, 0.001. */
  readonly rates?: readonly number[] | undefined
  /** Bits of the key, where p-values are those of a plain count of matches: it has an exact rate to compare with. */
  readonly bits?: number | undefined
  /** Default 0.99. */
  readonly confidence?: number | undefined
}

export const DEFAULT_RATES: readonly number[] = [0.1, 0.01, 0.001]

/**
 * False positives among p-values of unmarked images. The bounds are for independent decisions: with another random key for each image
 * they are, however alike the images, since given what was read the matches depend on the keys alone. With one key for all images they
 * are only as far as the images are.
 * @param pValues one a decision, at least one, as `decide` and its like give them
 * @throws StableSigError 'bad-argument'
 */
export function falsePositives(
  pValues: ArrayLike<number>,
  options: FalsePositivesOptions = {},
): readonly FalsePositives[] {
  checkOptions(options, 'falsePositives')
  const { rates = DEFAULT_RATES, bits, confidence = 0.99 } = options
  if (typeof pValues !== 'object' || pValues === null || typeof pValues.length !== 'number')
    throw badArgument('pValues', 'an array of probabilities', pValues)
  const decisions = pValues.length
  if (decisions === 0) throw new StableSigError('bad-argument', 'pValues: expected at least one decision, found none')
  checkNumber(confidence, 'confidence', 'a share between 0 and 1', (value) => value > 0 && value < 1)
  return rates.map((fpr) => {
    checkFpr(fpr)
    let positives = 0
    for (let i = 0; i < decisions; i++) if (pValues[i]! <= fpr) positives++
    const { low, high } = clopperPearson(positives, decisions, confidence)
    const exact = bits === undefined ? null : falsePositiveRate(threshold(bits, fpr), bits)
    const consistent = exact === null ? low <= fpr : low <= exact && exact <= high
    return { fpr, decisions, positives, observed: positives / decisions, low, high, exact, consistent }
  })
}
