import { checkInside, checkInteger, checkProbability, checkTotal } from './arguments.ts'

/** What the matches say about "this image carries this key". */
export interface Posterior {
  /** log10 of the Bayes factor: how many times likelier the matches are if the key is there, in decades. */
  readonly log10BayesFactor: number
  /** log10 of the odds after seeing the matches. */
  readonly log10Odds: number
  /** odds/(1 + odds), [0,1]. */
  readonly probability: number
}

/**
 * Bayes factor (2a)^m · (2(1-a))^(k-m), as its common logarithm: each of k bits matches with probability a if the key is
 * present and 1/2 if not.
 * @param matches m, 0..total
 * @param bitAccuracy a, [0,1]
 * @throws RangeError for an argument outside its range
 */
export function log10BayesFactor(matches: number, total: number, bitAccuracy: number): number {
  checkTotal('total', total)
  checkInteger('matches', matches, 0, total)
  checkProbability('bitAccuracy', bitAccuracy)
  const errors = total - matches
  // A count of 0 contributes nothing, also where its logarithm is -Infinity.
  const right = matches === 0 ? 0 : matches * Math.log1p(2 * bitAccuracy - 1)
  const wrong = errors === 0 ? 0 : errors * Math.log1p(1 - 2 * bitAccuracy)
  return (right + wrong) / Math.LN10
}

/**
 * Posterior odds that an image carries a key: prior/(1-prior) times the Bayes factor.
 * @param prior probability before looking, (0,1)
 * @throws RangeError for an argument outside its range
 */
export function posterior(matches: number, total: number, bitAccuracy: number, prior: number): Posterior {
  checkInside('prior', prior)
  const factor = log10BayesFactor(matches, total, bitAccuracy)
  const log10Odds = factor + (Math.log(prior) - Math.log1p(-prior)) / Math.LN10
  return { log10BayesFactor: factor, log10Odds, probability: 1 / (1 + 10 ** -log10Odds) }
}

/** Probabilities of each candidate key and of none; they sum to 1. */
export interface PosteriorOfMany {
  readonly probabilities: Float64Array
  readonly none: number
}

/**
 * Which of n candidate keys an image carries, or none: the candidates share the prior 1 - priorNone equally, each has its Bayes
 * factor against "none", and the results are normalised, from the largest so that nothing overflows.
 * @param matches of each candidate, 0..total each; at least one
 * @param priorNone probability before looking that the image carries none of the keys, [0,1]
 * @throws RangeError for an argument outside its range
 */
export function posteriorOfMany(
  matches: ArrayLike<number>,
  total: number,
  bitAccuracy: number,
  priorNone: number,
): PosteriorOfMany {
  checkProbability('priorNone', priorNone)
  if (matches.length === 0) throw new RangeError('matches must hold the count of at least one candidate, but is empty')
  const prior = Math.log10((1 - priorNone) / matches.length)
  const logs = Float64Array.from(matches, (count) => log10BayesFactor(count, total, bitAccuracy) + prior)
  const logNone = Math.log10(priorNone)
  const largest = logs.reduce((most, log) => Math.max(most, log), logNone)
  if (largest === Number.NEGATIVE_INFINITY)
    throw new RangeError(
      'no hypothesis explains the matches: with bitAccuracy 0 or 1, allow for none by priorNone above 0',
    )
  const weights = logs.map((log) => 10 ** (log - largest))
  const weightNone = 10 ** (logNone - largest)
  const sum = weights.reduce((partial, weight) => partial + weight, weightNone)
  return { probabilities: weights.map((weight) => weight / sum), none: weightNone / sum }
}
