import { falsePositiveRate, unionFalsePositiveRate } from '@stablesig/stats'
import { badArgument, checkOptions } from '../arguments.ts'
import { readBits } from '../metrics/bits.ts'
import { attainableThreshold, DEFAULT_FPR } from './rates.ts'
import { type Reading, withReading } from './reading.ts'
import { type NearestUsers, Registry, type UserMatch } from './registry/registry.ts'
import { refusal } from './registry/store.ts'
import type { WhiteningStated } from './whitened.ts'

/** Whose key an image carries. `bits` and `logits` are in no copy of it: see `Reading`. */
export interface Identification extends Reading, WhiteningStated {
  /** The user who is accused: the best match where it passes the threshold and nobody equals it. Null otherwise. */
  readonly user: string | null
  /** `user`: one is accused; `nobody`: no key is near enough; `tie`: several are equally near, and none is accused. */
  readonly verdict: 'user' | 'nobody' | 'tie'
  /** Bits of the best match, whoever it is, of `total`. */
  readonly matches: number
  readonly total: number
  /** Chance that any of the `users` keys agrees in so many bits with an image that carries none: 1 - (1 - p)^users. */
  readonly pValue: number
  /** The same for the best key alone. */
  readonly singlePValue: number
  /** The second best, accused or not; null in a registry of one, or where it was not asked for. */
  readonly runnerUp: UserMatch | null
  /** How many users share the best match. */
  readonly tied: number
  /** Least number of matches that accuses, among so many users. */
  readonly threshold: number
  readonly users: number
  readonly fpr: number
}

export interface LookUpOptions {
  /** Greatest chance of accusing anybody for an image that carries no key: 1e-6. */
  readonly fpr?: number
  /**
   * Whether the second best is wanted where it is too far to be accused (true). It takes a look at every key, milliseconds
   * for a million, where finding the best within the threshold takes microseconds.
   */
  readonly runnerUp?: boolean
}

/**
 * Finds whose key was read. The least threshold is used for which the exact chance of a false accusation among all users is
 * at most fpr, and only the best match is ever accused.
 * @param logits one finite number a bit
 * @throws StableSigError 'not-finite', 'shape' (another length), 'bad-registry' (nobody registered), 'unattainable'
 */
export function lookUp(logits: ArrayLike<number>, registry: Registry, options: LookUpOptions = {}): Identification {
  checkRegistry(registry)
  checkOptions(options, 'lookUp')
  const { fpr = DEFAULT_FPR, runnerUp = true } = options
  const bits = readBits(logits)
  const users = registry.size
  if (users === 0) throw refusal('Nobody is registered, so nobody can be identified')
  const total = registry.bits
  const threshold = attainableThreshold(total, fpr, users)
  const near = nearest(registry, bits, total - threshold, runnerUp)
  const { user, matches } = near.best
  const singlePValue = falsePositiveRate(matches, total)
  const verdict = matches < threshold ? 'nobody' : near.tied > 1 ? 'tie' : 'user'
  const identification: Omit<Identification, keyof Reading> = {
    user: verdict === 'user' ? user : null,
    verdict,
    matches,
    total,
    pValue: unionFalsePositiveRate(singlePValue, users),
    singlePValue,
    runnerUp: near.runnerUp,
    tied: near.tied,
    threshold,
    users,
    fpr,
    whitened: null,
  }
  return withReading(identification, bits, logits)
}

/** @throws StableSigError 'bad-argument' */
export function checkRegistry(registry: unknown): void {
  if (!(registry instanceof Registry)) throw badArgument('registry', 'a Registry, as readRegistry gives it', registry)
}

/** By the index where the radius has enough of them, by a scan where it has not. */
function nearest(registry: Registry, bits: Uint8Array, radius: number, runnerUp: boolean): NearestUsers {
  const found = registry.search(bits, radius)
  const [best, second] = found
  if (best === undefined || (second === undefined && runnerUp)) return registry.nearest(bits)
  return { best, runnerUp: second ?? null, tied: found.filter(({ matches }) => matches === best.matches).length }
}
