import { StableSigError } from '../../errors.ts'
import { checkKey, type Key, keyBits, keyFromBits } from '../../signal/key.ts'
import { packBits } from './packed-keys.ts'
import { quoted, RegistryStore, refusal } from './store.ts'

/** A user and how many bits of what was read are those of the user's key. */
export interface UserMatch {
  readonly user: string
  readonly matches: number
}

/** The best of all users. */
export interface NearestUsers {
  readonly best: UserMatch
  /** The second best, with as many matches as the best where they are tied; null in a registry of one. */
  readonly runnerUp: UserMatch | null
  /** How many users have as many matches as the best, itself included. */
  readonly tied: number
}

/** The user whose key agrees with what was read in most weight. */
export interface HeaviestUser extends UserMatch {
  /** Weight of the bits that agree. */
  readonly score: number
  /** How many users have that score, itself included. */
  readonly tied: number
}

let wrap: (store: RegistryStore) => Registry

/**
 * Users and their keys, in memory: about 60 bytes a user of 48 bits beside the name. Names are told apart exactly (no
 * normalisation), every name and every key is there once. As with a key, nothing here shows keys but `keyOf`.
 */
export class Registry {
  #store: RegistryStore

  static {
    wrap = (store) => {
      const registry = new Registry(store.keys.bits)
      registry.#store = store
      return registry
    }
  }

  /** @param bits length of all its keys, 1..4096 */
  constructor(bits: number) {
    this.#store = new RegistryStore(bits)
  }

  /** Length of every key. */
  get bits(): number {
    return this.#store.keys.bits
  }

  /** Number of users. */
  get size(): number {
    return this.#store.size
  }

  /** Bytes of the arrays that it holds, the index included once it is built. */
  get bytes(): number {
    return this.#store.bytes
  }

  /**
   * Registers a user.
   * @param user 1 to 1024 bytes of UTF-8 without control characters
   * @throws StableSigError 'bad-key' for another length, 'bad-registry' where the name or the key is taken
   */
  add(user: string, key: Key): void {
    checkKey(key, this.bits, 'this registry')
    const name = encodeName(user)
    this.#store.add(name, 0, name.length, packBits(keyBits(key)))
  }

  /** The key of a user, null where there is none. */
  keyOf(user: string): Key | null {
    const row = this.#rowOf(user)
    if (row < 0) return null
    const { words, lanes } = this.#store.keys
    return keyFromBits(Array.from({ length: this.bits }, (_, i) => (words[row * lanes + (i >>> 5)]! >>> (i & 31)) & 1))
  }

  has(user: string): boolean {
    return this.#rowOf(user) >= 0
  }

  /** Names in the order in which they were added. */
  *users(): IterableIterator<string> {
    for (let row = 0; row < this.size; row++) yield this.#store.names.at(row)
  }

  /**
   * Every user whose key differs from `bits` in at most `radius` places, best first, then in the order of adding.
   * Exact. By multi-index hashing where the radius is small: some microseconds among a million keys of 48 bits at the radius
   * within which one may be accused; by a scan where it is not.
   * @param bits one element a bit, 0 or 1
   */
  search(bits: ArrayLike<number>, radius: number): UserMatch[] {
    if (!Number.isInteger(radius) || radius < 0) {
      throw new StableSigError('bad-argument', `Expected a radius that is a whole number from 0, found ${radius}`)
    }
    const rows: { row: number; distance: number }[] = []
    this.#store.search(this.#query(bits), radius, (row, distance) => rows.push({ row, distance }))
    rows.sort((a, b) => a.distance - b.distance || a.row - b.row)
    return rows.map(({ row, distance }) => this.#match(row, distance))
  }

  /**
   * The best and the second best of all users, at any distance, by looking at every key: milliseconds for a million.
   * @throws StableSigError 'bad-registry' where nobody is registered
   */
  nearest(bits: ArrayLike<number>): NearestUsers {
    const found = this.#store.keys.scan(this.#query(bits))
    if (found.first < 0) throw refusal('Nobody is registered, so nobody can be identified')
    return {
      best: this.#match(found.first, found.firstDistance),
      runnerUp: found.second < 0 ? null : this.#match(found.second, found.secondDistance),
      tied: found.tied,
    }
  }

  /**
   * The user whose key agrees with `bits` in most weight, by looking at every key: some ten milliseconds for a million of 48 bits.
   * @param weights whole numbers from 0, one a bit
   * @throws StableSigError 'bad-registry' where nobody is registered; 'shape' for other lengths
   */
  heaviest(bits: ArrayLike<number>, weights: ArrayLike<number>): HeaviestUser {
    const query = this.#query(bits)
    if (weights.length !== this.bits)
      throw new StableSigError('shape', `Expected ${this.bits} weights, found ${weights.length}`)
    const { row, cost, tied } = this.#store.keys.heaviest(query, weights)
    if (row < 0) throw refusal('Nobody is registered, so nobody can be identified')
    let score = -cost
    for (let i = 0; i < weights.length; i++) score += weights[i]!
    return { ...this.#match(row, this.#store.keys.distance(row, query)), score, tied }
  }

  toString(): string {
    return `Registry(${this.size} users, ${this.bits} bits)`
  }

  toJSON(): string {
    return this.toString()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  #match(row: number, distance: number): UserMatch {
    return { user: this.#store.names.at(row), matches: this.bits - distance }
  }

  #rowOf(user: string): number {
    const name = encodeName(user)
    return this.#store.names.find(name, 0, name.length)
  }

  #query(bits: ArrayLike<number>): Uint32Array {
    if (bits.length !== this.bits) {
      throw new StableSigError('shape', `Expected ${this.bits} bits, as the registry’s keys have; found ${bits.length}`)
    }
    for (let i = 0; i < bits.length; i++) {
      if (bits[i] === 0 || bits[i] === 1) continue
      throw new StableSigError('bad-argument', `Element ${i + 1} is neither 0 nor 1: pass bits, as readBits gives them`)
    }
    return packBits(bits)
  }
}

/** A registry around rows that are there already. */
export const registryOf = (store: RegistryStore): Registry => wrap(store)

function encodeName(user: string): Uint8Array {
  if (typeof user !== 'string') throw refusal(`A user’s name is text, found ${typeof user}`)
  const bytes = new TextEncoder().encode(user)
  // Half of a surrogate pair would be stored as U+FFFD, and two such names as one.
  if (bytes.length !== user.length && new TextDecoder().decode(bytes) !== user) {
    throw refusal(`The name ${quoted(user)} is not well-formed Unicode`)
  }
  return bytes
}
