import type { ByteSource } from './byte-source.ts'
import { guarded, readRange } from './refuse.ts'

/** A hash that takes its input in parts: node:crypto's createHash fits behind it, for speed. */
export interface Hash {
  update(bytes: Uint8Array): void
  /** Lower-case hex. Nothing may follow. */
  hex(): string
}

/** Bytes of a file taken at a time. */
const CHUNK = 2 ** 22

/** The first 64 primes' cube roots, and the first eight's square roots: 32 bits of their fractions (FIPS 180-4, 4.2.2, 5.3.3). */
const ROUND: Int32Array = fractions(64, Math.cbrt)
const START: Int32Array = fractions(8, Math.sqrt)

function fractions(count: number, root: (x: number) => number): Int32Array {
  const out = new Int32Array(count)
  for (let n = 2, i = 0; i < count; n++) {
    if (Array.from({ length: n }, (_, d) => d).some((d) => d > 1 && n % d === 0)) continue
    out[i++] = ((root(n) % 1) * 2 ** 32) | 0
  }
  return out
}

/**
 * SHA-256 in parts, about 150 MB/s. The platform's crypto.subtle wants all bytes at once, which a checkpoint larger than memory
 * does not allow.
 * @see FIPS 180-4
 */
export function sha256(): Hash {
  const state = START.slice()
  const block = new Uint8Array(64)
  const schedule = new Int32Array(64)
  let filled = 0
  let total = 0
  const update = (bytes: Uint8Array): void => {
    total += bytes.length
    let at = 0
    if (filled > 0) {
      at = Math.min(64 - filled, bytes.length)
      block.set(bytes.subarray(0, at), filled)
      filled += at
      if (filled < 64) return
      compress(state, schedule, block, 0)
      filled = 0
    }
    for (; at + 64 <= bytes.length; at += 64) compress(state, schedule, bytes, at)
    block.set(bytes.subarray(at))
    filled = bytes.length - at
  }
  return {
    update,
    hex() {
      const length = total
      // A one bit, zeros up to eight bytes before a block's end, and the length in bits.
      const tail = new Uint8Array(filled < 56 ? 64 - filled : 128 - filled)
      tail[0] = 0x80
      const view = new DataView(tail.buffer)
      view.setUint32(tail.length - 8, Math.floor(length / 2 ** 29))
      view.setUint32(tail.length - 4, (length * 8) % 2 ** 32)
      update(tail)
      return [...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
    },
  }
}

function compress(state: Int32Array, w: Int32Array, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    const j = at + 4 * i
    w[i] = (bytes[j]! << 24) | (bytes[j + 1]! << 16) | (bytes[j + 2]! << 8) | bytes[j + 3]!
  }
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15]!
    const b = w[i - 2]!
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3)
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10)
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = (state[0]! + a) | 0
  state[1] = (state[1]! + b) | 0
  state[2] = (state[2]! + c) | 0
  state[3] = (state[3]! + d) | 0
  state[4] = (state[4]! + e) | 0
  state[5] = (state[5]! + f) | 0
  state[6] = (state[6]! + g) | 0
  state[7] = (state[7]! + h) | 0
}

/**
 * SHA-256 of a whole source, lower-case hex, read in pieces of 4 MB: what a card says of the file a model came from.
 * @throws WeightsError 'io'
 */
export function sha256OfSource(source: ByteSource, hash: Hash = sha256()): Promise<string> {
  return guarded(source.name, () => hashRange(source, 0, hash))
}

/** SHA-256 of a source from `begin` on. */
export async function hashRange(source: ByteSource, begin: number, hash: Hash): Promise<string> {
  for (let at = begin; at < source.size; at += CHUNK) {
    hash.update(await readRange(source, at, Math.min(CHUNK, source.size - at), 'the file'))
  }
  return hash.hex()
}
