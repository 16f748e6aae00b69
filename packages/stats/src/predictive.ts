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

/** At least so many values make a tail; otherwise a tenth of the sample does. */
const MIN_IN_TAIL = 3

/**
 * log10 of the same probability where the sample's tail falls off as an exponential one does. Beyond the (k+1)-th most extreme value u lie
 * k of the sample, and a new value with (k+1)/(n+1). Its excess y over u and theirs are then of one exponential distribution, of which
 * y/Σ tells without knowing its mean, Σ the sum of theirs:
 *   P = (k+1)/(n+1) · (1 + y/Σ)^-k,  k a tenth of n and at least 3
 * Of no use for a value within u: 0 is given there. The greater of this and `log10PredictiveTail` holds for normal samples and for ones
 * with longer tails.
 * @param sample at least four values
 * @throws RangeError for what is not finite
 */
export function log10ExponentialTail(value: number, sample: readonly number[], tail: Tail): number {
  checkSample([value], 1)
  checkSample(sample, MIN_IN_TAIL + 1)
  const sign = tail === 'upper' ? 1 : -1
  const k = Math.max(MIN_IN_TAIL, Math.round(sample.length / 10))
  const [u = 0, ...beyond] = sample
    .map((other) => sign * other)
    .sort((a, b) => a - b)
    .slice(-k - 1)
  const excess = sign * value - u
  if (excess <= 0) return 0
  const sum = beyond.reduce((total, other) => total + (other - u), 0)
  return Math.log10((k + 1) / (sample.length + 1)) - k * Math.log10(1 + excess / sum)
}
