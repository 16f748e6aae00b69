import { checkInteger, checkProbability, MAX_TRIALS } from './arguments.ts'
import { binomialMass, upperTail } from './binomial.ts'

/**
 * Accuracy of a bit decided by the majority of `reads` independent reads, each right with probability `accuracy`;
 * a tie is decided by a coin: P(X > n/2) + P(X = n/2)/2, X ~ Bin(n, accuracy).
 * Two reads are therefore no better than one.
 * @param reads images or repetitions that carry the bit, 1..1e9
 * @throws RangeError for an argument outside its range
 */
export function majorityAccuracy(reads: number, accuracy: number): number {
  checkInteger('reads', reads, 1, MAX_TRIALS)
  checkProbability('accuracy', accuracy)
  const half = Math.floor(reads / 2)
  const more = upperTail(half + 1, reads, accuracy)
  return reads % 2 === 0 ? more + binomialMass(half, reads, accuracy) / 2 : more
}
