import { overdispersedTail } from '@stablesig/stats'
import { badArgument, checkNumber } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { readBits } from '../../metrics/bits.ts'
import { symmetricEigen } from '../../ops/eigen.ts'
import { attainableThreshold } from '../rates.ts'

/**
 * How much more the matches of a given key spread over plain images than Binomial(bits, 1/2) does. With signs s of +-1 as read and a key
 * k of +-1, matches - bits/2 = (k · s)/2, so their mean square about bits/2 is k^T M k / 4 with M = E[s s^T], and the inflation of a key is
 * k^T M k / bits. Over random keys its mean is 1 whatever M is; its standard deviation is sqrt(2 sum_{i != j} M_ij²)/bits, and 0 only for
 * fair, uncorrelated bits.
 */
export interface KeySpread {
  readonly photographs: number
  readonly images: number
  readonly bits: number
  /** Standard deviation over keys of a key's inflation, corrected for the chance correlations of so few images. */
  readonly std: number
  /** The inflation that one key in twenty exceeds: 1 + 1.645 std. */
  readonly inflation: number
  /** Greatest eigenvalue of M, of which chance alone makes about (1 + sqrt(bits/images))²: the worst key there could be. */
  readonly worst: number
}

/**
 * Measures it. M_ij² of n images is too large by about 1/n, and more where images are crops of few photographs; so the photographs are split
 * in halves A and B, whose errors are independent, and M_ij² is the mean of M^A_ij M^B_ij over splits.
 * @param rows logits of plain images
 * @param photographs of each row, the number of the photograph that it comes from
 * @throws StableSigError 'bad-argument' for fewer than four photographs, 'shape', 'not-finite'
 */
export function keySpread(rows: readonly ArrayLike<number>[], photographs: ArrayLike<number>): KeySpread {
  if (!Array.isArray(rows)) throw badArgument('rows', 'an array of logits, one entry an image', rows)
  if (photographs.length !== rows.length)
    throw new StableSigError('shape', `Expected ${rows.length} numbers of photographs, found ${photographs.length}`)
  const bits = rows[0]?.length ?? 0
  const groups = new Map<number, Float64Array>()
  for (const [i, row] of rows.entries()) {
    if (row.length !== bits)
      throw new StableSigError('shape', `Expected ${bits} logits of image ${i + 1}, found ${row.length}`)
    const read = readBits(row, { name: `image ${i + 1}` })
    const photograph = photographs[i]!
    const sums = groups.get(photograph) ?? new Float64Array(bits * bits + 1)
    groups.set(photograph, sums)
    for (let a = 0; a < bits; a++) for (let b = 0; b < a; b++) sums[a * bits + b]! += read[a] === read[b] ? 1 : -1
    sums[bits * bits]!++
  }
  const moments = [...groups.values()]
  if (moments.length < 4)
    throw new StableSigError('bad-argument', `Expected images of at least four photographs, found ${moments.length}`)
  let squares = 0
  for (let split = 0; split < SPLITS; split++) {
    const [first, second] = halves(moments, split).map(meanOf) as [Float64Array, Float64Array]
    for (let a = 0; a < bits; a++)
      for (let b = 0; b < a; b++) squares += (2 * first[a * bits + b]! * second[a * bits + b]!) / SPLITS
  }
  const std = Math.sqrt(2 * Math.max(0, squares)) / bits
  const all = meanOf(moments)
  return {
    photographs: moments.length,
    images: rows.length,
    bits,
    std,
    inflation: Math.min(Math.max(1, bits), 1 + 1.645 * std),
    worst: greatestEigenvalue(all, bits),
  }
}

/**
 * About how many times more often than asked a plain image is taken for marked with a key of that inflation: the beta-binomial tail over
 * the binomial one, at the threshold of `fpr`.
 * @throws StableSigError 'unattainable'
 */
export function rateInflation({ bits, inflation }: KeySpread, fpr: number): number {
  checkNumber(inflation, 'inflation', 'a number from 1', (value) => value >= 1)
  const least = attainableThreshold(bits, fpr)
  return overdispersedTail(least, bits, inflation) / overdispersedTail(least, bits, 1)
}

const SPLITS = 16

/** Photographs in two halves, another way for each split: by a repeatable shuffle. */
function halves<T>(items: readonly T[], split: number): [T[], T[]] {
  const shuffled = [...items]
  let state = split + 1
  for (let i = shuffled.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
  }
  const middle = shuffled.length >> 1
  return [shuffled.slice(0, middle), shuffled.slice(middle)]
}

/** M of some photographs' images: its lower half, the rest 0. */
function meanOf(moments: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(moments[0]!.length)
  for (const one of moments) for (let i = 0; i < sum.length; i++) sum[i]! += one[i]!
  const images = sum.at(-1)!
  return sum.map((value) => value / images)
}

/** Of M, whose diagonal is 1. */
function greatestEigenvalue(lower: Float64Array, bits: number): number {
  const whole = new Float64Array(bits * bits)
  for (let a = 0; a < bits; a++) {
    whole[a * bits + a] = 1
    for (let b = 0; b < a; b++) whole[a * bits + b] = whole[b * bits + a] = lower[a * bits + b]!
  }
  return symmetricEigen(whole, bits).values.at(-1) ?? 0
}
