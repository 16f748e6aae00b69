import { checkInteger, checkProbability, checkTotal } from './arguments.ts'
import { upperTail } from './binomial.ts'

/**
 * True-positive rate of "at least `matches` of `total` bits agree" for an image that carries the key and whose bits are read
 * right with probability `bitAccuracy` each, independently: P(Bin(total, bitAccuracy) >= matches).
 * Real images differ in how well they are read, which spreads the counts: take the bit accuracy of a group of like images.
 * @param matches 0..total; total + 1 gives 0
 * @param bitAccuracy [0,1]
 * @throws RangeError for an argument outside its range
 */
export function truePositiveRate(matches: number, total: number, bitAccuracy: number): number {
  checkTotal('total', total)
  checkInteger('matches', matches, 0, total + 1)
  checkProbability('bitAccuracy', bitAccuracy)
  return upperTail(matches, total, bitAccuracy)
}
