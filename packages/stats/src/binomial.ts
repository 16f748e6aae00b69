import { checkInteger, checkProbability, checkTotal } from './arguments.ts'
import { Extended } from './extended.ts'
import { stirlingError } from './stirling.ts'

// X counts the successes of n independent trials of probability p each; p means exactly the double that is given.

/**
 * Upper tail P(X >= t) = sum_{i=t..n} C(n,i) p^i (1-p)^(n-i).
 * Relative error below 1e-15 for every n, p and t, at 1e-300 as at 0.5; where it can be, the nearest double.
 * @param t 0..n+1; 0 gives 1 and n + 1 gives 0
 * @param n trials, 0..1e9
 * @param p probability of success, [0,1]
 * @throws RangeError for an argument outside its range
 */
export function upperTail(t: number, n: number, p: number): number {
  checkTail(t, n, p)
  return sumsUpwards(t, n, p) ? sumUp(t, n, p).toNumber() : sumDown(t - 1, n, p).complement()
}

/** Lower tail P(X < t) = 1 - upperTail(t, n, p), with the same relative error: without cancellation. */
export function lowerTail(t: number, n: number, p: number): number {
  checkTail(t, n, p)
  return sumsUpwards(t, n, p) ? sumUp(t, n, p).complement() : sumDown(t - 1, n, p).toNumber()
}

/** log10 of upperTail, right where the tail itself is below the least double; -Infinity where it is 0. */
export function log10UpperTail(t: number, n: number, p: number): number {
  checkTail(t, n, p)
  return sumsUpwards(t, n, p) ? sumUp(t, n, p).log10() : log10Complement(sumDown(t - 1, n, p))
}

/** log10 of lowerTail; -Infinity where it is 0. */
export function log10LowerTail(t: number, n: number, p: number): number {
  checkTail(t, n, p)
  return sumsUpwards(t, n, p) ? log10Complement(sumUp(t, n, p)) : sumDown(t - 1, n, p).log10()
}

/** P(X = x), relative error below 1e-15. */
export function binomialMass(x: number, n: number, p: number): number {
  checkTotal('n', n)
  checkInteger('x', x, 0, n)
  checkProbability('p', p)
  return mass(x, n, p).toNumber()
}

/** lowerTail as an extended number, for a factor that would bring an underflowed one back; t below the mean. */
export function lowerTailExtended(t: number, n: number, p: number): Extended {
  checkTail(t, n, p)
  return sumsUpwards(t, n, p) ? new Extended(sumUp(t, n, p).complement()) : sumDown(t - 1, n, p)
}

function checkTail(t: number, n: number, p: number): void {
  checkTotal('n', n)
  checkInteger('t', t, 0, n + 1)
  checkProbability('p', p)
}

/** The side of t away from the mean is summed: it is the smaller one, up to a factor, and its terms fall from the first on. */
function sumsUpwards(t: number, n: number, p: number): boolean {
  return t > n * p
}

function log10Complement(tail: Extended): number {
  return Math.log1p(-tail.toNumber()) / Math.LN10 + 0 // not -0
}

/** What is left out of a sum, as a share of it. */
const NEGLIGIBLE = 2 ** -70

/** sum_{i>=t} P(X = i) for t above the mean: the first term times 1 + r_t + r_t·r_(t+1) + …, r_i = (n-i)/(i+1) · p/(1-p). */
function sumUp(t: number, n: number, p: number): Extended {
  if (t > n) return new Extended(0)
  const first = mass(t, n, p)
  if (first.hi === 0 || t === n) return first
  const q = Extended.oneMinus(p)
  const odds = new Extended(p).divide(q.hi, q.lo)
  return first.multiplyBy(fallingSum(n - t, t + 1, odds))
}

/** sum_{i<=x} P(X = i) for x below the mean, mirrored: failures are successes of probability 1-p. */
function sumDown(x: number, n: number, p: number): Extended {
  if (x < 0) return new Extended(0)
  const first = mass(x, n, p)
  if (first.hi === 0 || x === 0) return first
  return first.multiplyBy(fallingSum(x, n - x + 1, Extended.oneMinus(p).divide(p)))
}

/**
 * 1 + r_0 + r_0·r_1 + … with r_j = (above - j)/(below + j)·odds, all r_j < 1 and falling, so that what is left out after a term
 * is below term·r/(1-r).
 */
function fallingSum(above: number, below: number, odds: Extended): Extended {
  const fair = odds.hi === 1 && odds.lo === 0
  const term = new Extended(1)
  const sum = new Extended(1)
  for (let j = 0; j < above; j++) {
    const before = term.hi
    term.multiply(above - j).divide(below + j)
    if (!fair) term.multiply(odds.hi, odds.lo)
    sum.add(term)
    if (term.hi * term.hi <= NEGLIGIBLE * (before - term.hi)) break
  }
  return sum
}

/** Up to here C(n,x) is a product of x ratios, exact to 2^-95; above, Stirling's formula is, to 2^-52, and takes no longer. */
const MAX_PRODUCT_LENGTH = 512

/** P(X = x) as an extended number: no underflow. */
export function mass(x: number, n: number, p: number): Extended {
  const successes = new Extended(p)
  const failures = Extended.oneMinus(p)
  const shorter = Math.min(x, n - x)
  if (shorter <= MAX_PRODUCT_LENGTH)
    return choose(n, shorter)
      .multiplyBy(successes.power(x))
      .multiplyBy(failures.power(n - x))
  // n!/(x!·(n-x)!) by Stirling's formula: the powers of e cancel, those of n, x and n-x go into the bases, which are near 1
  // around the mean. (Loader 2000 has the logarithm of this; powers of extended numbers lose nothing far from the mean.)
  const root = Math.sqrt(n / (2 * Math.PI * x * (n - x)))
  const correction = Math.exp(stirlingError(n) - stirlingError(x) - stirlingError(n - x))
  return successes
    .rescale()
    .multiply(n)
    .divide(x)
    .power(x)
    .multiplyBy(
      failures
        .multiply(n)
        .divide(n - x)
        .power(n - x),
    )
    .multiply(root)
    .multiply(correction)
}

function choose(n: number, x: number): Extended {
  const value = new Extended(1)
  for (let j = 0; j < x; j++)
    value
      .multiply(n - j)
      .divide(j + 1)
      .rescale()
  return value
}
