import { StableSigError } from '../errors.ts'
import type { Key } from '../signal/key.ts'
import { type Detection, decide, decideKeys, type KeyDetection } from './decide.ts'
import { type Identification, type LookUpOptions, lookUp } from './look-up.ts'
import { DEFAULT_FPR } from './rates.ts'
import type { Registry } from './registry/registry.ts'

/** Which of several readings of one image a decision is about. */
export interface BestReading {
  /** Its index among those given. */
  readonly reading: number
  /** How many there were. */
  readonly readings: number
}

/**
 * Decides from several readings of one image, such as at several sizes: a mark is read only near the size at which its picture was
 * made, which nobody knows of a picture that came back. The reading that agrees best decides. Each is held to fpr / readings, and
 * pValue is multiplied by their number, so `fpr` bounds the chance that any of them is flagged, however alike they are.
 * @param rows one reading each: one finite number a bit
 * @throws StableSigError as `decide`; 'bad-argument' without readings
 */
export function decideBest(
  rows: readonly ArrayLike<number>[],
  key: Key,
  fpr: number = DEFAULT_FPR,
): Detection & BestReading {
  return best(rows, fpr, (logits, share) => decide(logits, key, share))
}

/** As `decideBest`, for several keys: each key's best reading, in the order of the keys. See `decideKeys`. */
export function decideKeysBest(
  rows: readonly ArrayLike<number>[],
  keys: readonly Key[],
  fpr: number = DEFAULT_FPR,
): (KeyDetection & BestReading)[] {
  const each = rows.map((logits) => decideKeys(logits, keys, fpr / rows.length))
  return keys.map((_, at) => {
    const found = best(each, fpr, (decisions) => decisions[at]!)
    return Object.assign(found, { singlePValue: Math.min(1, found.singlePValue * rows.length) })
  })
}

/**
 * As `decideBest`, among the users of a registry. Readings that agree equally well with different users accuse nobody: a tie.
 * @throws StableSigError as `lookUp`; 'bad-argument' without readings
 */
export function lookUpBest(
  rows: readonly ArrayLike<number>[],
  registry: Registry,
  options: LookUpOptions = {},
): Identification & BestReading {
  const { fpr = DEFAULT_FPR } = options
  const users = new Set<string | null>()
  let most = 0
  const found = best(rows, fpr, (logits, share) => {
    const one = lookUp(logits, registry, { ...options, fpr: share })
    if (one.matches > most) users.clear()
    most = Math.max(most, one.matches)
    if (one.matches === most && one.verdict !== 'nobody') users.add(one.user)
    return one
  })
  const tie = users.size > 1 || users.has(null)
  return Object.assign(found, {
    ...(tie ? { user: null, verdict: 'tie' as const } : {}),
    singlePValue: Math.min(1, found.singlePValue * rows.length),
  })
}

interface Decision {
  readonly matches: number
  readonly pValue: number
  readonly fpr: number
}

/** The decision with most matches, the first of equals, at the rate and with the p-value of all of them together. */
function best<R, D extends Decision>(
  rows: readonly R[],
  fpr: number,
  decideOne: (row: R, share: number) => D,
): D & BestReading {
  let found: D | undefined
  let reading = 0
  for (const [at, row] of rows.entries()) {
    const one = decideOne(row, fpr / rows.length)
    if (found && one.matches <= found.matches) continue
    found = one
    reading = at
  }
  if (!found) throw new StableSigError('bad-argument', 'Expected at least one reading of the image')
  const pValue = Math.min(1, found.pValue * rows.length)
  // Not copied: what was read is not enumerable.
  return Object.assign(found, { pValue, fpr, reading, readings: rows.length })
}
