import { checkNumber } from '../arguments.ts'
import { checkScores } from './scores.ts'

/** What a threshold on scores gives, in counts. */
export interface OperatingPoint {
  /** Positives that are flagged, and all of them. */
  readonly truePositives: number
  readonly positives: number
  /** Negatives that are flagged, and all of them. */
  readonly falsePositives: number
  readonly negatives: number
}

/** An operating point that was chosen by the negatives themselves. */
export interface EmpiricalPoint extends OperatingPoint {
  /** Flagged is what scores above this; -Infinity flags everything. */
  readonly above: number
}

/**
 * What "flag from this score on" gives.
 * @param threshold inclusive
 * @throws StableSigError 'bad-argument'
 */
export function atThreshold(
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
  threshold: number,
): OperatingPoint {
  checkScores(positives, 'positives')
  checkScores(negatives, 'negatives')
  checkNumber(threshold, 'threshold', 'a number', (value) => !Number.isNaN(value))
  return countFlagged(positives, negatives, (score) => score >= threshold)
}

/**
 * The most positives that can be flagged while at most a share `fpr` of these negatives is. It needs no model of the negatives, and
 * knows nothing of rates below one in as many as there are: there, it flags what scores above all of them.
 * @param fpr greatest share of negatives, [0, 1]
 * @throws StableSigError 'bad-argument'
 */
export function tprAtFpr(positives: ArrayLike<number>, negatives: ArrayLike<number>, fpr: number): EmpiricalPoint {
  checkScores(positives, 'positives')
  checkScores(negatives, 'negatives')
  checkNumber(fpr, 'fpr', 'a rate from 0 to 1', (value) => value >= 0 && value <= 1)
  const falling = Float64Array.from(negatives).sort().reverse()
  // A product such as 0.07 · 100 may miss its whole number by rounding.
  const allowed = Math.floor(fpr * falling.length * (1 + 2 ** -50))
  // The first negative that must not be flagged, and with it all that score the same.
  const above = falling[allowed] ?? Number.NEGATIVE_INFINITY
  return {
    above,
    ...countFlagged(positives, negatives, (score) => score > above || above === Number.NEGATIVE_INFINITY),
  }
}

function countFlagged(
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
  flagged: (score: number) => boolean,
): OperatingPoint {
  const count = (scores: ArrayLike<number>) => {
    let found = 0
    for (let i = 0; i < scores.length; i++) if (flagged(scores[i]!)) found++
    return found
  }
  return {
    truePositives: count(positives),
    positives: positives.length,
    falsePositives: count(negatives),
    negatives: negatives.length,
  }
}
