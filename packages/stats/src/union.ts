import { checkProbability, checkUsers } from './arguments.ts'

/**
 * Chance that at least one of `users` independent keys agrees by accident, when each does with probability `p`:
 *   1 - (1-p)^N = -expm1(N·log1p(-p)),
 * the right-hand side because for p below 1e-16 the left-hand one is 0. Never above the bound N·p, also in the last digit.
 * @param p false-positive rate of one key, [0,1]
 * @param users N, a whole number from 1
 * @throws RangeError for an argument outside its range
 */
export function unionFalsePositiveRate(p: number, users: number): number {
  checkProbability('p', p)
  checkUsers('users', users)
  if (users === 1) return p
  return Math.min(users * p, -Math.expm1(users * Math.log1p(-p)))
}

/** The union bound min(1, N·p): needs no independence of the keys, and is never below unionFalsePositiveRate. */
export function unionBound(p: number, users: number): number {
  checkProbability('p', p)
  checkUsers('users', users)
  return Math.min(1, users * p)
}

/** log10 of unionFalsePositiveRate from log10 of p (-Infinity..0): for rates below the least double. */
export function log10UnionFalsePositiveRate(log10P: number, users: number): number {
  if (!(log10P <= 0)) throw new RangeError(`log10P must be the logarithm of a probability, at most 0, but is ${log10P}`)
  checkUsers('users', users)
  const log10Bound = log10P + Math.log10(users)
  // Below 1e-20 rate and bound agree to the last digit.
  if (users === 1 || log10Bound < -20) return Math.min(0, log10Bound)
  return Math.min(0, Math.log10(-Math.expm1(users * Math.log1p(-(10 ** log10P)))))
}
