import { checkInside, checkInteger, MAX_TRIALS } from './arguments.ts'
import { lowerTail, upperTail } from './binomial.ts'
import { normalQuantile } from './normal.ts'

/** Bounds of an unknown rate, such as a bit accuracy or a true-positive rate, [0,1]. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Exact interval of Clopper and Pearson for the rate behind `successes` of `total`: it covers the truth at least as often as
 * `confidence` says. The low end is the rate at which so many successes or more have probability (1-confidence)/2, the high end
 * the rate at which so few or fewer have; 0 and 1 where there is no such rate.
 * @param successes 0..total
 * @param total 1..1e9
 * @param confidence (0,1), e.g. 0.95
 * @throws RangeError for an argument outside its range
 */
export function clopperPearson(successes: number, total: number, confidence = 0.95): Interval {
  checkInterval(successes, total, confidence)
  const side = (1 - confidence) / 2
  return {
    low: successes === 0 ? 0 : smallestRate((p) => upperTail(successes, total, p) >= side),
    high: successes === total ? 1 : smallestRate((p) => lowerTail(successes + 1, total, p) <= side),
  }
}

/**
 * Score interval of Wilson: those rates p whose normal test |x - n·p| <= z·sqrt(n·p·(1-p)) does not reject the count.
 * Narrower than Clopper-Pearson, with the stated coverage on average.
 * The bounds are the roots of a quadratic; the smaller one is computed from their product, where a difference would cancel.
 * @throws RangeError for an argument outside its range
 */
export function wilson(successes: number, total: number, confidence = 0.95): Interval {
  checkInterval(successes, total, confidence)
  return { low: wilsonLow(successes, total, confidence), high: 1 - wilsonLow(total - successes, total, confidence) }
}

function wilsonLow(successes: number, total: number, confidence: number): number {
  const z = -normalQuantile((1 - confidence) / 2)
  const square = z * z
  const rate = successes / total
  const spread = z * Math.sqrt((rate * (1 - rate)) / total + square / (4 * total * total))
  return (rate * rate) / (rate + square / (2 * total) + spread)
}

/**
 * Wilson's interval with continuity correction (Newcombe 1998, method 4): close to Clopper-Pearson, in closed form.
 * @throws RangeError for an argument outside its range
 */
export function wilsonWithContinuity(successes: number, total: number, confidence = 0.95): Interval {
  checkInterval(successes, total, confidence)
  const z = -normalQuantile((1 - confidence) / 2)
  const square = z * z
  const rate = successes / total
  const centre = 2 * successes + square
  const scale = 2 * (total + square)
  const below = square - 2 - 1 / total + 4 * rate * (total - successes + 1)
  const above = square + 2 - 1 / total + 4 * rate * (total - successes - 1)
  return {
    low: successes === 0 ? 0 : Math.max(0, (centre - 1 - z * Math.sqrt(below)) / scale),
    high: successes === total ? 1 : Math.min(1, (centre + 1 + z * Math.sqrt(above)) / scale),
  }
}

/** Least double in [0,1] for which a condition holds that, once true, stays true; 1 where it holds nowhere. */
function smallestRate(holds: (p: number) => boolean): number {
  let low = 0
  let high = 1
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high || high - low < 1e-16 * high) return high
    if (holds(middle)) high = middle
    else low = middle
  }
}

function checkInterval(successes: number, total: number, confidence: number): void {
  checkInteger('total', total, 1, MAX_TRIALS)
  checkInteger('successes', successes, 0, total)
  checkInside('confidence', confidence)
}
