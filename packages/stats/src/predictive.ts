import { checkSample, sampleMoments } from './sample.ts'
import { log10StudentTail } from './student.ts'

/** Which side of a sample counts as extreme. */
export type Tail = 'lower' | 'upper'

/**
 * How often one more value of the same kind would be so extreme: the rank of `value` among the sample and itself,
 * (1 + #{sample at least as extreme}) / (n + 1); ties count as at least as extreme. If value and sample are exchangeable, it is
 * at most alpha with a probability of at most alpha, whatever their distribution; it cannot go below 1/(n + 1).
 * @param value a finite number
 * @param sample at least one value
 * @throws RangeError for what is not finite
 */
export function conformalPValue(value: number, sample: readonly number[], tail: Tail): number {
  checkSample(sample, 1)
  checkSample([value], 1)
  const extreme = sample.filter((other) => (tail === 'lower' ? other <= value : other >= value)).length
  return (1 + extreme) / (sample.length + 1)
}

/**
 * log10 of the same probability for normal values of unknown mean and variance, Student's predictive distribution:
 *   P(T_(n-1) <= (value - mean) / (std·√(1 + 1/n)))
 * and the upper tail likewise. It goes below 1/(n + 1) and then rests on normality alone: mark it as an extrapolation.
 * A sample of equal values has no spread: what differs from it gets -Infinity.
 * @param sample at least two values
 * @throws RangeError for what is not finite
 */
export function log10PredictiveTail(value: number, sample: readonly number[], tail: Tail): number {
  checkSample([value], 1)
  const { mean, std } = sampleMoments(sample)
  const n = sample.length
  const above = tail === 'upper' ? value - mean : mean - value
  if (std === 0) return above === 0 ? Math.log10(0.5) : above > 0 ? Number.NEGATIVE_INFINITY : 0
  return log10StudentTail(above / (std * Math.sqrt(1 + 1 / n)), n - 1)
}
