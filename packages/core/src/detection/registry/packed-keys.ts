import { grown } from './packed-names.ts'
import { mix, RowTable } from './row-table.ts'

/** Farther than any key is. */
const FAR = 2 ** 30

/** The nearest and second nearest of all rows; a row of -1 where there are too few. */
export interface ScanResult {
  readonly first: number
  readonly firstDistance: number
  readonly second: number
  readonly secondDistance: number
  /** How many rows are at the first's distance, itself included. */
  readonly tied: number
}

/** The row that agrees in most weight; a row of -1 where there is none. */
export interface HeaviestRow {
  readonly row: number
  /** Weight of the bits that differ. */
  readonly cost: number
  /** How many rows have that cost, itself included. */
  readonly tied: number
}

/**
 * Keys of one length as 32-bit words, an even number a key: bit j is bit j % 32 of word j / 32, what is over is 0.
 * 8 bytes for a key of 48 bits.
 */
export class PackedKeys {
  readonly bits: number
  /** Words a key, even. */
  readonly lanes: number
  #words: Uint32Array
  #size = 0
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0]!
  readonly #table: RowTable

  constructor(bits: number) {
    this.bits = bits
    this.lanes = 2 * Math.ceil(bits / 64)
    this.#words = new Uint32Array(64 * this.lanes)
    this.#table = new RowTable((row) => this.hash(this.#words, row * this.lanes))
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#words.byteLength + this.#table.bytes
  }

  /** All keys' words, row by row; what lies behind the last row is undefined. */
  get words(): Uint32Array {
    return this.#words
  }

  /** The row of a key, or -1. */
  find(key: Uint32Array, hash = this.hash(key)): number {
    return this.#table.find(hash, (row) => this.distance(row, key) === 0)
  }

  /** Appends a key, which is not there yet, and gives its row. */
  append(key: Uint32Array, hash = this.hash(key)): number {
    const at = this.#size * this.lanes
    if (at + this.lanes > this.#words.length) this.#words = grown(this.#words, Uint32Array)
    for (let lane = 0; lane < this.lanes; lane++) this.#words[at + lane] = key[lane]!
    this.#table.insert(hash)
    return this.#size++
  }

  /** Number of bits in which a row differs from `key`. */
  distance(row: number, key: Uint32Array): number {
    const at = row * this.lanes
    let sum = 0
    const words = this.#words
    for (let lane = 0; lane < this.lanes; lane += 2) {
      sum += onesOfTwo(words[at + lane]! ^ key[lane]!, words[at + lane + 1]! ^ key[lane + 1]!)
    }
    return sum
  }

  /** Looks at every key: exact at any distance, a few milliseconds for a million. Of equals the earliest row is first. */
  scan(key: Uint32Array): ScanResult {
    const { lanes } = this
    const words = this.#words
    const size = this.#size
    const [key0, key1] = [key[0]!, key[1]!]
    let first = -1
    let second = -1
    let firstDistance = FAR
    let secondDistance = FAR
    let tied = 0
    // Nearly every row leaves at the first comparison; integers throughout keep the loop free of conversions.
    for (let row = 0, at = 0; row < size; row++, at += lanes) {
      let distance = onesOfTwo(words[at]! ^ key0, words[at + 1]! ^ key1)
      for (let lane = 2; lane < lanes; lane += 2) {
        distance += onesOfTwo(words[at + lane]! ^ key[lane]!, words[at + lane + 1]! ^ key[lane + 1]!)
      }
      if (distance > secondDistance) continue
      if (distance === firstDistance) tied++
      if (distance < firstDistance) {
        second = first
        secondDistance = firstDistance
        first = row
        firstDistance = distance
        tied = 1
      } else if (distance < secondDistance) {
        second = row
        secondDistance = distance
      }
    }
    return { first, firstDistance, second, secondDistance, tied }
  }

  /**
   * The row whose agreement with `key` weighs most, the earliest of equals, by looking at every key: a table look-up for each byte.
   * @param weights whole numbers, one a bit; a sum below 2^31
   */
  heaviest(key: Uint32Array, weights: ArrayLike<number>): HeaviestRow {
    const { bits, lanes } = this
    const bytes = Math.ceil(bits / 8)
    // What disagreement in each pattern of a byte's bits costs, byte after byte.
    const costs = new Int32Array(bytes * 256)
    for (let byte = 0; byte < bytes; byte++)
      for (let pattern = 1; pattern < 256; pattern++) {
        const lowest = 31 - Math.clz32(pattern & -pattern)
        const rest = costs[byte * 256 + (pattern & (pattern - 1))]!
        costs[byte * 256 + pattern] = byte * 8 + lowest < bits ? rest + weights[byte * 8 + lowest]! : rest
      }
    let row = -1
    let least = Number.POSITIVE_INFINITY
    let tied = 0
    for (let at = 0; at < this.#size; at++) {
      let cost = 0
      for (let byte = 0; byte < bytes; byte++) {
        const differing = (this.#words[at * lanes + (byte >>> 2)]! ^ key[byte >>> 2]!) >>> (8 * (byte & 3))
        cost += costs[byte * 256 + (differing & 255)]!
      }
      if (cost === least) tied++
      if (cost < least) [row, least, tied] = [at, cost, 1]
    }
    return { row, cost: least, tied }
  }

  hash(source: Uint32Array, at = 0): number {
    let h = this.#seed
    for (let lane = 0; lane < this.lanes; lane++) h = mix(h ^ source[at + lane]!)
    return h
  }
}

/** One byte a bit -> 32-bit words, an even number of them. */
export function packBits(bits: ArrayLike<number>): Uint32Array {
  const words = new Uint32Array(2 * Math.ceil(bits.length / 64))
  for (let i = 0; i < bits.length; i++) if (bits[i] === 1) words[i >>> 5]! |= 1 << (i & 31)
  return words
}

/**
 * Number of bits set in two 32-bit words: sums of pairs of bits, of nibbles (then of both words: at most 8, which a nibble
 * holds), of bytes, and all bytes by one product.
 */
export function onesOfTwo(x: number, y: number): number {
  x -= (x >>> 1) & 0x55555555
  y -= (y >>> 1) & 0x55555555
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333) + ((y & 0x33333333) + ((y >>> 2) & 0x33333333))
  return Math.imul((x & 0x0f0f0f0f) + ((x >>> 4) & 0x0f0f0f0f), 0x01010101) >>> 24
}
