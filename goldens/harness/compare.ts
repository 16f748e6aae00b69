import type { Tolerance } from '../topic.ts'

/** The element of an output that comes closest to, or goes furthest beyond, what is allowed there. */
export interface Deviation {
  readonly output: string
  /** |got - want| there. */
  readonly deviation: number
  /** abs + rel·|want| there. */
  readonly allowed: number
  /** deviation / allowed; 0 where they agree exactly, above 1 fails. */
  readonly share: number
  /** Where it stands, row-major, with both values: for the message. */
  readonly at: { readonly index: number; readonly got: number; readonly want: number }
}

/**
 * Compares elementwise: |got - want| <= abs + rel·|want|. Equal infinities and NaN for NaN agree; any other non-finite value
 * does not. With `mean` the mean absolute difference is bounded too, and reported where it is the worse of the two.
 * @throws Error when the lengths differ
 */
export function deviationOf(
  output: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: Tolerance,
): Deviation {
  if (got.length !== want.length) throw new Error(`${output}: ${got.length} values, expected ${want.length}`)
  let worst: Deviation = { output, deviation: 0, allowed: tolerance.abs, share: 0, at: { index: -1, got: 0, want: 0 } }
  let sum = 0
  for (let index = 0; index < want.length; index += 1) {
    const g = got[index] ?? Number.NaN
    const w = want[index] ?? Number.NaN
    if (Object.is(g, w) || g === w) continue
    const deviation = Math.abs(g - w)
    const allowed = tolerance.abs + tolerance.rel * Math.abs(w)
    sum += deviation
    // A NaN or an infinity on one side only makes the quotient NaN, which no comparison would call too large.
    const share = Number.isFinite(deviation) ? deviation / allowed : Number.POSITIVE_INFINITY
    if (share > worst.share) worst = { output, deviation, allowed, share, at: { index, got: g, want: w } }
  }
  if (tolerance.mean === undefined || want.length === 0) return worst
  const mean = sum / want.length
  const share = mean / tolerance.mean
  if (share <= worst.share) return worst
  return { ...worst, output: `${output} (mean)`, deviation: mean, allowed: tolerance.mean, share }
}
