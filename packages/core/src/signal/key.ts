import seedrandom from 'seedrandom'
import { badArgument, isPromise, kindOf } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { bitsToText, checkKeyLength, parseKeyText } from './key-text.ts'

let bitsOf: (key: Key) => Uint8Array
let idOf: (key: Key) => Promise<string>

/**
 * A key: what a signed decoder writes into its images, one bit after the other. It is opaque: neither String, JSON.stringify
 * nor console.log show its bits, so that logs, cards and errors cannot leak it. `keyBits` and `revealKey` say them.
 */
class Key {
  /** One byte a bit, 0 or 1, first bit first. */
  readonly #bits: Uint8Array
  #id: string | undefined

  static {
    bitsOf = (key) => {
      if (typeof key === 'object' && key !== null && #bits in key) return key.#bits
      const expected = 'a key made by parseKey or randomKey'
      if (key === undefined || key === null || isPromise(key)) throw badArgument('key', expected, key)
      throw new StableSigError('bad-key', `Expected ${expected}, found ${kindOf(key)}`)
    }
    idOf = async (key) => {
      const bits = bitsOf(key)
      key.#id ??= await deriveId(bits)
      return key.#id
    }
  }

  constructor(bits: Uint8Array) {
    this.#bits = bits
  }

  /** How many bits. */
  get length(): number {
    return this.#bits.length
  }

  /** `Key(48 bits)`, with the id once `keyId` has worked it out. Never the bits. */
  toString(): string {
    return this.#id === undefined ? `Key(${this.length} bits)` : `Key(${this.length} bits, id ${this.#id})`
  }

  toJSON(): string {
    return this.toString()
  }

  /** What console.log shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

export type { Key }

/**
 * Reads a key from text: 0s and 1s, first bit first, or hexadecimal as `0x…` (four bits a digit, highest first). Nothing
 * else is allowed, white space included: trim a line that was read from a file.
 * @param expectedBits the length it must have; any from 1 to 4096 where it is left out
 * @throws StableSigError 'bad-key' naming the position (from 1) or the lengths, never what was written
 */
export function parseKey(text: string, expectedBits?: number): Key {
  return new Key(parseKeyText(text, expectedBits))
}

/** A key from its bits, one element a bit, each 0 or 1, copied. */
export function keyFromBits(bits: ArrayLike<number>): Key {
  checkKeyLength(bits.length)
  for (let i = 0; i < bits.length; i++) {
    if (bits[i] !== 0 && bits[i] !== 1)
      throw new StableSigError('bad-key', `Bit ${i + 1} of the key is neither 0 nor 1`)
  }
  return new Key(Uint8Array.from(bits))
}

export interface RandomKeyOptions {
  /** For reproducible experiments only: such a key is as easy to guess as its seed. */
  readonly seed?: string | number
}

/**
 * A fair and independent key, from the platform's cryptographic generator, or from `seedrandom` where a seed is given.
 * That it is drawn at random is what makes a false-positive rate exact: against a random key the matches of any fixed bits
 * are Binomial(bits, 1/2), however biased the extractor is.
 * @param bits 1..4096
 */
export function randomKey(bits = 48, options: RandomKeyOptions = {}): Key {
  const [key] = randomKeys(1, bits, options)
  return key!
}

/** `count` keys as by `randomKey`; with a seed, the first of them is the key that `randomKey` gives for it. */
export function randomKeys(count: number, bits = 48, options: RandomKeyOptions = {}): Key[] {
  checkKeyLength(bits)
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new StableSigError('bad-argument', `Expected a count of keys, found ${count}`)
  }
  const words = options.seed === undefined ? systemWords : seededWords(options.seed)
  return Array.from({ length: count }, () => {
    const random = words(Math.ceil(bits / 32))
    const key = new Uint8Array(bits)
    for (let i = 0; i < bits; i++) key[i] = (random[i >>> 5]! >>> (i & 31)) & 1
    return new Key(key)
  })
}

/** The key's bits, one byte a bit, first bit first; a copy. This reveals the key. */
export const keyBits = (key: Key): Uint8Array => bitsOf(key).slice()

/** The key as 0s and 1s, first bit first. This reveals the key: for the file or the screen of its owner only. */
export const revealKey = (key: Key): string => bitsToText(bitsOf(key))

/** Throws unless `value` is a key of `bits` bits; `reader` says who needs that length. */
export function checkKey(value: Key, bits: number, reader = 'the extractor'): void {
  const found = bitsOf(value).length
  if (found === bits) return
  throw new StableSigError('bad-key', `Expected a key of ${bits} bits, which is what ${reader} reads; found ${found}`)
}

/**
 * A name for a key that may be shown: 8 hexadecimal digits, the same for the same bits. It recognises a key (in a card, a
 * checkpoint), it does not tell many apart: among 10,000 keys two share an id with probability 1%.
 *
 * What it gives away. A plain hash of 48 bits is undone in hours by trying all 2^48 keys. So the hash is slow on purpose
 * (PBKDF2, 2^17 rounds of HMAC-SHA-256, tens of milliseconds: about 2^66 hashes for 48 bits, some hundred years of one fast
 * graphics card), and only 32 bits of it are kept, so that even then 2^16 keys of 48 bits fit. Short keys stay short: one of
 * 36 bits falls in ten days of such a card, one of 32 or fewer wholly and in hours, so do not publish the id of a short key.
 * And whoever has the extractor reads the key from any image that carries it, with no id at all.
 */
export const keyId = (key: Key): Promise<string> => idOf(key)

async function deriveId(bits: Uint8Array): Promise<string> {
  const secret = await crypto.subtle.importKey('raw', bits.slice(), 'PBKDF2', false, ['deriveBits'])
  // The salt keeps the domains apart: another use of PBKDF2, another length, a later form of the id.
  const salt = new TextEncoder().encode(`stablesig key id 1, ${bits.length} bits`)
  const hash = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 1 << 17 },
    secret,
    32,
  )
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const systemWords = (count: number): Int32Array => crypto.getRandomValues(new Int32Array(count))

function seededWords(seed: string | number): (count: number) => Int32Array {
  const random = seedrandom(String(seed))
  return (count) => new Int32Array(count).map(() => random.int32())
}
