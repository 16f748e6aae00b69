import { checkInteger } from './arguments.ts'

/** Most that weights may sum to: the tails have as many entries. */
const MAX_SUM = 1e7

/**
 * Upper tails of S, the sum of the weights of those bits that agree with a random key: each bit agrees with probability 1/2,
 * independently, and then adds its weight. This is the exact null distribution of a count that trusts some bits more than others. The
 * weights may come from whatever was read, as long as they do not depend on the key: given them, S has this distribution, so the rate is
 * exact for any choice of weights, and only the power depends on it. Equal weights give the binomial tails.
 *
 * The distribution is built bit by bit from means of two positive terms (no cancellation), then summed from its far end. Relative error
 * about 3·n·1e-16; what is below 1e-300 may be 0. Time n·W and memory W, with W the sum of the weights.
 * @param weights whole numbers from 0, in sum at most 1e7; none is allowed
 * @returns W + 2 numbers: P(S >= t) for t = 0..W+1, the first 1, the last 0
 * @throws RangeError for a weight that is not a whole number from 0, or a larger sum
 */
export function weightedTails(weights: ArrayLike<number>): Float64Array {
  let total = 0
  for (let i = 0; i < weights.length; i++) {
    checkInteger(`weights[${i}]`, weights[i] ?? Number.NaN, 0, MAX_SUM)
    total += weights[i]!
  }
  checkInteger('the sum of the weights', total, 0, MAX_SUM)
  const tails = new Float64Array(total + 2)
  tails[0] = 1
  let reached = 0
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!
    reached += weight
    // From above, so that what is read at t - weight is still the distribution of the bits before this one.
    for (let t = reached; t >= weight; t--) tails[t] = (tails[t]! + tails[t - weight]!) / 2
    for (let t = Math.min(weight - 1, reached); t >= 0; t--) tails[t] = tails[t]! / 2
  }
  for (let t = total; t >= 0; t--) tails[t] = Math.min(1, tails[t]! + tails[t + 1]!)
  tails[0] = 1
  return tails
}
