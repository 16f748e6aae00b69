import { checkInside } from './arguments.ts'
import { checkSample, sampleMoments } from './sample.ts'
import { studentQuantile } from './student.ts'

/**
 * The value that a share q of a sample stays below, linear between order statistics: position (n - 1)·q.
 * @param sample at least one value
 * @param q (0,1)
 * @throws RangeError outside
 */
export function sampleQuantile(sample: readonly number[], q: number): number {
  checkSample(sample, 1)
  checkInside('q', q)
  const sorted = [...sample].sort((a, b) => a - b)
  return interpolate(sorted, (sorted.length - 1) * q)
}

/** Points of the grid on which a density is summed. */
const GRID = 10_000

/**
 * The value that a share q of a smoothed sample stays below, as AEDR sets its threshold: a Gaussian kernel of Scott's width
 * std·n^(-1/5), its density on 10,000 points from min - std to max + std, the running sum over its last value.
 * @param sample at least two values that are not all equal
 * @param q (0,1)
 * @throws RangeError outside
 */
export function kernelQuantile(sample: readonly number[], q: number): number {
  checkInside('q', q)
  const { std } = sampleMoments(sample)
  if (std === 0) throw new RangeError('sample must hold values that differ: a density needs their spread')
  const width = std * sample.length ** -0.2
  const from = Math.min(...sample) - std
  const step = (Math.max(...sample) + std - from) / (GRID - 1)
  const sums = new Float64Array(GRID)
  let sum = 0
  for (let i = 0; i < GRID; i++) {
    const x = from + i * step
    for (const value of sample) sum += Math.exp(-0.5 * ((x - value) / width) ** 2)
    sums[i] = sum
  }
  const wanted = q * sum
  const above = sums.findIndex((value) => value >= wanted)
  if (above <= 0) return from
  const [low = 0, high = 0] = sums.subarray(above - 1, above + 1)
  return from + (above - 1 + (wanted - low) / (high - low)) * step
}

/**
 * Grubbs' one-sided test of one value against a sample: `statistic` = (value - mean)/std, an outlier where it exceeds
 * grubbsCritical(n, alpha).
 * @throws RangeError for fewer than two values or ones that are all equal
 */
export function grubbsStatistic(value: number, sample: readonly number[]): number {
  checkSample([value], 1)
  const { mean, std } = sampleMoments(sample)
  if (std === 0) throw new RangeError('sample must hold values that differ: their spread is the measure')
  return (value - mean) / std
}

/**
 * (n-1)/√n · √(t²/(n-2+t²)), t the upper alpha/n value of Student's t with n - 2 degrees of freedom.
 * @param n at least 3
 * @param alpha (0,1)
 * @throws RangeError outside
 */
export function grubbsCritical(n: number, alpha: number): number {
  checkInside('alpha', alpha)
  if (!Number.isInteger(n) || n < 3) throw new RangeError(`n must be an integer of at least 3, but is ${n}`)
  const square = studentQuantile(alpha / n, n - 2) ** 2
  return ((n - 1) / Math.sqrt(n)) * Math.sqrt(square / (n - 2 + square))
}

/** The value above which Grubbs' test calls one an outlier: mean + std·grubbsCritical(n, alpha). */
export function grubbsThreshold(sample: readonly number[], alpha: number): number {
  const { mean, std } = sampleMoments(sample)
  return mean + std * grubbsCritical(sample.length, alpha)
}

/** The value at a position, which may lie between two. */
function interpolate(sorted: readonly number[], position: number): number {
  const before = Math.floor(position)
  const [low = Number.NaN, high = low] = sorted.slice(before, before + 2)
  return low + (position - before) * (high - low)
}
