import { badArgument, checkOptions } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { countMatches, readBits } from '../metrics/bits.ts'
import type { Key } from '../signal/key.ts'

/** How an extractor reads images that carry no key: what its exact rates rest on where the key is fixed. */
export interface Calibration {
  readonly images: number
  readonly bits: number
  /** Of each bit: its logits' mean and deviation, and the share of images that read it as 1 (fair: 1/2). */
  readonly means: readonly number[]
  readonly stds: readonly number[]
  readonly ones: readonly number[]
  /** Greatest distance of such a share from 1/2 in its standard errors; about 3 for 48 fair bits. */
  readonly worstBias: number
  /** Greatest correlation of two bits' signs, and its size in standard errors; about 4 for independent ones. */
  readonly worstCorrelation: number
  readonly worstCorrelationZ: number
  /** Matches with the key, where one is given: mean (fair: bits/2) and variance (fair: bits/4) over images. */
  readonly matches?: { readonly mean: number; readonly variance: number; readonly overdispersion: number }
}

/**
 * Checks an extractor on plain images. Shares far from 1/2 or correlated bits make the matches of a fixed key spread more
 * than Binomial(bits, 1/2) does, and its false-positive rate is then higher than stated; `overdispersion` is that spread's
 * variance over bits/4, and 1 is right.
 * @param rows logits of each image, at least two
 * @param options.key a key whose matches are wanted
 * @throws StableSigError 'bad-argument', 'shape', 'not-finite' naming the image (from 1), 'bad-key'
 */
export function calibrate(rows: readonly ArrayLike<number>[], options: { readonly key?: Key } = {}): Calibration {
  checkOptions(options, 'calibrate')
  const { key } = options
  if (!Array.isArray(rows)) throw badArgument('rows', 'an array of logits, one entry an image', rows)
  const first = rows[0]
  if (first === undefined || rows.length < 2) {
    throw new StableSigError('bad-argument', `Expected logits of at least two plain images, found ${rows.length}`)
  }
  const bits = first.length
  const read = rows.map((row, i) => {
    if (row.length !== bits)
      throw new StableSigError('shape', `Expected ${bits} logits of image ${i + 1}, found ${row.length}`)
    return readBits(row, { name: `image ${i + 1}` })
  })
  const columns = Array.from({ length: bits }, (_, j) => moments(rows.map((row) => row[j]!)))
  const ones = Array.from({ length: bits }, (_, j) => read.reduce((sum, row) => sum + row[j]!, 0) / rows.length)
  const correlation = worstCorrelation(read, ones)
  const spread = key && moments(read.map((row) => countMatches(row, key)))
  return {
    images: rows.length,
    bits,
    means: columns.map(({ mean }) => mean),
    stds: columns.map(({ variance }) => Math.sqrt(variance)),
    ones,
    worstBias: Math.max(...ones.map((share) => Math.abs(share - 0.5))) * 2 * Math.sqrt(rows.length),
    worstCorrelation: correlation,
    worstCorrelationZ: Math.abs(correlation) * Math.sqrt(rows.length),
    ...(spread && { matches: { ...spread, overdispersion: spread.variance / (bits / 4) } }),
  }
}

/** Mean and unbiased variance. */
function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, variance: squares / (values.length - 1) }
}

/** Of all pairs of bits the correlation that is farthest from 0; a bit that never changes correlates with none. */
function worstCorrelation(read: readonly Uint8Array[], ones: readonly number[]): number {
  let worst = 0
  for (let i = 1; i < ones.length; i++) {
    for (let j = 0; j < i; j++) {
      const both = read.reduce((sum, row) => sum + row[i]! * row[j]!, 0) / read.length
      const scale = Math.sqrt(ones[i]! * (1 - ones[i]!) * ones[j]! * (1 - ones[j]!))
      const correlation = scale === 0 ? 0 : (both - ones[i]! * ones[j]!) / scale
      if (Math.abs(correlation) > Math.abs(worst)) worst = correlation
    }
  }
  return worst
}
