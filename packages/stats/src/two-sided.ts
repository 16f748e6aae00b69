import { checkInteger, checkProbability, checkTotal } from './arguments.ts'
import { lowerTail, upperTail } from './binomial.ts'
import { Extended } from './extended.ts'

// Three answers to "is this count far from n·p, in whichever direction?", for X ~ Bin(n, p).

/**
 * Twice the smaller tail: min(1, 2·min(P(X >= m), P(X <= m))).
 * @param m count seen, 0..n
 * @throws RangeError for an argument outside its range
 */
export function twoSidedDoubled(m: number, n: number, p = 0.5): number {
  checkCount(m, n, p)
  return Math.min(1, 2 * Math.min(upperTail(m, n, p), lowerTail(m + 1, n, p)))
}

/**
 * The counts that are at most as probable as the one seen: sum of P(X = i) over all i with P(X = i) <= P(X = m).
 * The other side's first such count is found by walking from m over the mode with the exact ratio of neighbouring terms, so that
 * equal terms (m and n-m of a fair coin) count and unequal ones that agree in their first 24 digits do not occur by rounding.
 * @param m count seen, 0..n
 * @throws RangeError for an argument outside its range
 */
export function twoSidedSmallMass(m: number, n: number, p = 0.5): number {
  checkCount(m, n, p)
  if (p === 0 || p === 1) return m === n * p ? 1 : 0
  const successes = new Extended(p).rescale()
  const failures = Extended.oneMinus(p)
  if (m < (n + 1) * p) {
    const odds = successes.divideBy(failures)
    return Math.min(1, lowerTail(m + 1, n, p) + upperTail(m + stepsToEqual(n - m, m + 1, odds), n, p))
  }
  const odds = failures.divideBy(successes)
  return Math.min(1, upperTail(m, n, p) + lowerTail(m - stepsToEqual(m, n - m + 1, odds) + 1, n, p))
}

/** Least number of steps (from 1) after which the product of (above - j)/(below + j)·odds, which rises and then falls, is <= 1. */
function stepsToEqual(above: number, below: number, odds: Extended): number {
  const ratio = new Extended(1)
  for (let j = 0; j < above; j++) {
    ratio
      .multiply(above - j)
      .divide(below + j)
      .multiplyBy(odds)
    if (ratio.minusOne() <= 1e-24) return j + 1
  }
  return above + 1
}

/**
 * Two-sided test of a fair coin for "this key or its complement": P(max(X, n-X) >= max(m, n-m)).
 * An extractor whose sign was lost reads every bit inverted; this is the price of accepting that as well.
 * @param m count seen, 0..n
 * @throws RangeError for an argument outside its range
 */
export function keyOrComplement(m: number, n: number): number {
  checkCount(m, n, 0.5)
  const far = Math.max(m, n - m)
  return 2 * far > n ? 2 * upperTail(far, n, 0.5) : 1
}

function checkCount(m: number, n: number, p: number): void {
  checkTotal('n', n)
  checkInteger('m', m, 0, n)
  checkProbability('p', p)
}
