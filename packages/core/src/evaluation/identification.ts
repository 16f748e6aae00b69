import { falsePositiveRate, threshold } from '@stablesig/stats'

/** How marked images fare where an image is compared with the keys of many users, and only the best match may be accused. */
export interface IdentificationRate {
  readonly users: number
  /** Least matches that are enough to accuse, so that an unmarked image accuses anybody at most at the rate asked for; bits + 1: never. */
  readonly threshold: number
  /** Images of which their own user is accused: the expectation over the other users' keys. */
  readonly identified: number
  /** Images of which somebody else is accused, likewise. */
  readonly misidentified: number
  /** All of them. */
  readonly images: number
}

/**
 * Identification among N users at a false-positive rate, exactly: an image with m of its own key's k bits is identified when m reaches
 * the threshold t of N users and none of the other N - 1 keys has as many. These are random and independent of what is read, so with
 * q(x) = P(Bin(k, 1/2) >= x)
 *   identified     [m >= t] · (1 - q(m))^(N-1)                 a tie counts as a failure
 *   misidentified  1 - (1 - q(max(t, m + 1)))^(N-1)            another key is enough, and better
 * The mean over other users' keys is taken, not one draw of them, so nothing depends on a seed and N costs nothing.
 * @param histogram images by matches, 0..bits
 * @param fpr rate over all users, (0, 1)
 */
export function identificationRate(histogram: readonly number[], users: number, fpr: number): IdentificationRate {
  const bits = histogram.length - 1
  const least = threshold(bits, fpr, { users })
  /** (1 - q)^(N-1) */
  const noneReaches = (matches: number) => Math.exp((users - 1) * Math.log1p(-falsePositiveRate(matches, bits)))
  let identified = 0
  let misidentified = 0
  let images = 0
  for (const [matches, count] of histogram.entries()) {
    if (count === 0) continue
    images += count
    if (users === 1) {
      identified += matches >= least ? count : 0
      continue
    }
    if (matches >= least) identified += count * noneReaches(matches)
    misidentified += count * (1 - noneReaches(Math.min(bits + 1, Math.max(least, matches + 1))))
  }
  return { users, threshold: least, identified, misidentified, images }
}
