/** What a sample of real numbers says of itself. */
export interface SampleMoments {
  readonly mean: number
  /** Standard deviation with n - 1. */
  readonly std: number
}

/**
 * Mean and standard deviation of a sample, in two passes: the squares are of differences, so that nothing cancels.
 * @throws RangeError for fewer than two values, or one that is not finite
 */
export function sampleMoments(sample: readonly number[]): SampleMoments {
  checkSample(sample, 2)
  const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length
  const squares = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, std: Math.sqrt(squares / (sample.length - 1)) }
}

/** @throws RangeError unless there are at least `least` values, all of them finite */
export function checkSample(sample: readonly number[], least: number): void {
  if (sample.length < least) throw new RangeError(`sample must hold at least ${least} values, but has ${sample.length}`)
  sample.forEach((value, i) => {
    if (!Number.isFinite(value)) throw new RangeError(`sample[${i}] must be a finite number, but is ${value}`)
  })
}
