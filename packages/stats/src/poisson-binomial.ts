import { checkProbability } from './arguments.ts'

/**
 * Upper tails of S, the number of successes of independent trials with unequal probabilities (Poisson-binomial): for bits that
 * are read with different confidence, or images of different quality.
 * The distribution is built trial by trial from sums of positive terms (no cancellation), then summed from its far end.
 * Relative error about 3·n·1e-16; what is below 1e-300 may be 0. Time and memory n² and n.
 * @param probabilities n numbers in [0,1]; none is allowed
 * @returns n + 2 numbers: P(S >= t) for t = 0..n+1, the first 1, the last 0
 * @throws RangeError for a probability outside [0,1]
 */
export function poissonBinomialTails(probabilities: ArrayLike<number>): Float64Array {
  const n = probabilities.length
  const tails = new Float64Array(n + 2)
  tails[0] = 1
  for (let trial = 0; trial < n; trial++) {
    const p = probabilities[trial]!
    checkProbability(`probabilities[${trial}]`, p)
    for (let i = trial + 1; i > 0; i--) tails[i] = tails[i]! * (1 - p) + tails[i - 1]! * p
    tails[0] = tails[0]! * (1 - p)
  }
  for (let t = n; t >= 0; t--) tails[t] = Math.min(1, tails[t]! + tails[t + 1]!)
  tails[0] = 1
  return tails
}
