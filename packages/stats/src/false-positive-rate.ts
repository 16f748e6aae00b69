import { checkInteger, checkTotal } from './arguments.ts'
import { log10UpperTail, upperTail } from './binomial.ts'

/** Tails of fair coins already computed, by total: detection asks for the same few thousand numbers again and again. */
const MAX_KEPT = 1024
const kept: (Float64Array | undefined)[] = []

/**
 * Exact false-positive rate of "at least `matches` of `total` bits agree" for an image that carries no key.
 * Each bit of a whitened extractor is a fair coin, so the count is Binomial(total, 1/2) and the rate its upper tail:
 *   P(X >= t) = sum_{i=t..k} C(k, i) / 2^k
 * Relative error below 1e-15 even at 1e-300, where 1 - cdf gives 0.
 * @param matches 0..total; total + 1 gives 0
 * @param total bits compared, 0..1e9
 * @param p chance that one bit agrees by accident; 1/2 for whitened bits
 * @throws RangeError when a count is not an integer in range
 * @see Fernandez et al. 2023, eq. 2
 */
export function falsePositiveRate(matches: number, total: number, p = 0.5): number {
  checkCounts(matches, total)
  if (p !== 0.5 || total > MAX_KEPT) return upperTail(matches, total, p)
  let tails = kept[total]
  if (tails === undefined) {
    tails = new Float64Array(total + 2).fill(Number.NaN)
    kept[total] = tails
  }
  const known = tails[matches]
  if (known !== undefined && !Number.isNaN(known)) return known
  const tail = upperTail(matches, total, 0.5)
  tails[matches] = tail
  return tail
}

/** log10 of falsePositiveRate, also where that underflows: 65536 of 65536 bits give -19728.3. -Infinity for total + 1. */
export function log10FalsePositiveRate(matches: number, total: number, p = 0.5): number {
  checkCounts(matches, total)
  return log10UpperTail(matches, total, p)
}

function checkCounts(matches: number, total: number): void {
  checkTotal('total', total)
  checkInteger('matches', matches, 0, total + 1)
}
