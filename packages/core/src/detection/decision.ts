import type { Reading } from './reading.ts'
import type { UserMatch } from './registry/registry.ts'
import type { Candidate } from './search/grid.ts'
import type { WhiteningStated } from './whitened.ts'

/** How a decision was found by a detector that searches. */
export interface Searched {
  /** How the image was read where it agrees best. */
  readonly candidate: Candidate
  /** How many candidates were compared with the key; `pValue` of the decision is corrected for them, at `fpr / compared` each. */
  readonly compared: number
  /** How many were considered, without the key. */
  readonly considered: number
  /** Chance that one key agrees in so many bits with one reading, not corrected for anything. */
  readonly rawPValue: number
}

/** What an image says about one key. `bits` and `logits` are in no copy of it: see `Reading`. */
export interface Detection extends Reading, WhiteningStated {
  /** Whether the key is there: matches >= threshold, which is pValue <= fpr. */
  readonly detected: boolean
  /** Bits that agree with the key, of `total`. */
  readonly matches: number
  readonly total: number
  /** Chance that an image without the key agrees in so many bits. */
  readonly pValue: number
  /** Least number of matches that is detected. */
  readonly threshold: number
  /** Greatest chance that was allowed. */
  readonly fpr: number
  /** Where the detector searches: which candidate decided, of how many. */
  readonly search?: Searched
}

/** What an image says about one of several keys. Its threshold and `pValue` are those of all of them together. */
export interface KeyDetection extends Detection {
  /** Chance for this key alone. */
  readonly singlePValue: number
  /** How many keys were tried. */
  readonly keys: number
}

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
  /** Where the detector searches: which candidate decided, of how many. */
  readonly search?: Searched
}

/** Which of several readings of one image a decision is about. */
export interface BestReading {
  /** Its index among those given. */
  readonly reading: number
  /** How many there were. */
  readonly readings: number
}

/** A decision from several readings of one image; of several keys each has its own best reading. */
export type Best<D> = D extends readonly (infer Each)[] ? (Each & BestReading)[] : D & BestReading
