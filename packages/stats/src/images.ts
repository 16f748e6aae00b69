import { checkInteger, checkTotal } from './arguments.ts'
import { log10UpperTail, upperTail } from './binomial.ts'

/** Several images, or frames of a video, decided as one. */
export interface SeveralImages {
  /** Matching bits of all images. */
  readonly matches: number
  /** Bits compared in all images. */
  readonly total: number
  /** P(Bin(total, 1/2) >= matches): exact if the images' bits are independent. The stronger test where all are alike. */
  readonly pooled: number
  readonly log10Pooled: number
  /** Fisher's combination of the images' own p-values: the stronger test where a few carry the key and the others do not. */
  readonly fisher: number
  readonly log10Fisher: number
}

/**
 * Decides whether n images that would share a key carry it, from the matches of each.
 * Fisher: x = -sum ln p_i; P(chi² with 2n degrees >= 2x) = e^-x · sum_{i<n} x^i/i!. As the p_i are discrete, it errs on the safe
 * side. Frames of one video are not independent: equal errors count once for each frame, so decide on distinct images.
 * @param matches of each image, 0..bits each; at least one
 * @param bits of the key
 * @throws RangeError for an argument outside its range
 */
export function decideTogether(matches: ArrayLike<number>, bits: number): SeveralImages {
  checkInteger('bits', bits, 1, 1e6)
  const n = matches.length
  if (n === 0) throw new RangeError('matches must hold the count of at least one image, but is empty')
  const total = n * bits
  checkTotal('bits of all images', total)
  let sum = 0
  let x = 0
  for (let i = 0; i < n; i++) {
    const count = matches[i] ?? Number.NaN
    checkInteger(`matches[${i}]`, count, 0, bits)
    sum += count
    x -= log10UpperTail(count, bits, 0.5) * Math.LN10
  }
  const lnFisher = Math.min(0, lnPoissonBelow(n, x))
  return {
    matches: sum,
    total,
    pooled: upperTail(sum, total, 0.5),
    log10Pooled: log10UpperTail(sum, total, 0.5),
    fisher: Math.exp(lnFisher),
    log10Fisher: lnFisher / Math.LN10,
  }
}

/** ln P(Y < n) for Y ~ Poisson(x): e^-x·sum_{i<n} x^i/i!, relative to the largest term, at i = min(n-1, floor(x)). */
function lnPoissonBelow(n: number, x: number): number {
  const peak = Math.min(n - 1, Math.floor(x))
  let lnPeak = -x
  for (let i = 1; i <= peak; i++) lnPeak += Math.log(x / i)
  let sum = 1
  for (let i = peak, term = 1; i > 0 && term > 1e-20; i--) {
    term *= i / x
    sum += term
  }
  for (let i = peak + 1, term = 1; i < n && term > 1e-20; i++) {
    term *= x / i
    sum += term
  }
  return lnPeak + Math.log(sum)
}
