import { conformalPValue, log10ExponentialTail, log10PredictiveTail, type Tail } from '@stablesig/stats'

/** How often an image of a kind would have so extreme a score. */
export interface PValue {
  /** [0, 1] */
  readonly p: number
  /** Also where p is below every double. */
  readonly log10: number
  /** Whether it is below 1/(n+1) of its n calibration images, and so rests on what tail their scores have. */
  readonly extrapolated: boolean
}

/** Of fewer scores there is no tail to speak of. */
const MIN_SAMPLE = 4

/**
 * Conformal as far as the sample reaches, (1 + #{as extreme})/(n + 1), which holds whatever the scores' distribution; for a score more
 * extreme than all of the sample the greater of Student's predictive tail and of an exponential one, where that is smaller, and marked.
 * Student's alone is right for normal scores, and calls too many images extreme where scores have a longer tail.
 */
export function pValue(score: number, sample: readonly number[], tail: Tail): PValue {
  const p = conformalPValue(score, sample, tail)
  const least = 1 / (sample.length + 1)
  const within: PValue = { p, log10: Math.log10(p), extrapolated: false }
  if (p > least || sample.length < MIN_SAMPLE) return within
  const log10 = Math.max(log10PredictiveTail(score, sample, tail), log10ExponentialTail(score, sample, tail))
  return log10 < within.log10 ? { p: 10 ** log10, log10, extrapolated: true } : within
}

/** Of the best of several that were tried: at most so many times as probable, the union bound. */
export function amongTried({ p, log10, extrapolated }: PValue, tried: number): PValue {
  return { p: Math.min(1, p * tried), log10: Math.min(0, log10 + Math.log10(tried)), extrapolated }
}
