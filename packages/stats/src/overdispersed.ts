import { checkInteger } from './arguments.ts'

/** Bits of the longest key. */
const MAX_BITS = 4096

/**
 * Upper tail of a count of matches that spreads more than Binomial(total, 1/2) does: P(X >= matches) of the beta-binomial distribution with
 * mean total/2 and variance inflation·total/4. A model of what bits that are biased or correlated do to the false positives of a given
 * key; as a model it says about how far a rate is off, not what it is.
 *
 * With a = b = (1/rho - 1)/2 and rho = (inflation - 1)/(total - 1), masses follow each other by
 *   m(i+1)/m(i) = (total - i)/(i + 1) · (a + i)/(a + (total - i - 1)),  m(0) = prod_{j<total} (a + j)/(2a + j).
 * @param matches 0..total + 1
 * @param total bits, 1..4096
 * @param inflation from 1, which is the binomial, to total, where all bits agree or none
 * @throws RangeError for an argument outside its range
 */
export function overdispersedTail(matches: number, total: number, inflation: number): number {
  checkInteger('total', total, 1, MAX_BITS)
  checkInteger('matches', matches, 0, total + 1)
  if (!(inflation >= 1 && inflation <= total))
    throw new RangeError(`inflation must be a number in 1..${total}, but is ${inflation}`)
  if (matches === 0) return 1
  // rho of 0 makes a infinite; at 1e-12 the distribution is the binomial's to as many digits.
  const rho = Math.max(1e-12, (inflation - 1) / Math.max(1, total - 1))
  const a = Math.max(1e-12, (1 / rho - 1) / 2)
  let log = 0
  for (let j = 0; j < total; j++) log += Math.log((a + j) / (2 * a + j))
  let sum = 0
  for (let i = 0; i <= total; i++) {
    if (i >= matches) sum += Math.exp(log)
    log += Math.log(((total - i) / (i + 1)) * ((a + i) / (a + (total - i - 1))))
  }
  return Math.min(1, sum)
}
