/** A whole number from 0 to below. */
export type Random = (below: number) => number

/** mulberry32: the same mutations on every machine, and in a program that has no seedrandom of its own. */
export function randomFrom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** Numbers that break things: limits of widths, of signs, of doubles. */
const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n],
  ...[2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n],
]

/** The same, as text has them. */
const TEXTS: readonly string[] = [
  '0 -1 1 00 0.5 65535 1e9 1e400 -0 2147483648 4294967295 4294967296 9007199254740992 9007199254740993',
  '99999999999999999999 null true NaN "" [] {} ../x /etc/passwd \\u0000 \\ud800',
].flatMap((line) => line.split(' '))

type Mutation = (bytes: Uint8Array, at: number, random: Random, other: Uint8Array) => Uint8Array

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** Lengths of runs: mostly short, at times a good part of the file. */
const run = (bytes: Uint8Array, random: Random): number => 1 + random(random(8) === 0 ? bytes.length : 16)

const MUTATIONS: readonly Mutation[] = [
  function flip(bytes, at, random) {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
    return bytes
  },
  function replace(bytes, at, random) {
    bytes[at] = random(256)
    return bytes
  },
  function cut(bytes, at, random) {
    return joined(bytes.subarray(0, at), bytes.subarray(at + run(bytes, random)))
  },
  function repeat(bytes, at, random) {
    return joined(bytes.subarray(0, at), bytes.subarray(at, at + run(bytes, random)), bytes.subarray(at))
  },
  function move(bytes, at, random) {
    bytes.copyWithin(random(bytes.length), at, at + run(bytes, random))
    return bytes
  },
  function setEdge(bytes, at, random) {
    const value = EDGES[random(EDGES.length)] ?? 0n
    const size = [1, 2, 4, 8][random(4)] ?? 1
    const big = random(4) === 0
    for (let i = 0; i < size && at + i < bytes.length; i++)
      bytes[at + i] = Number((value >> BigInt(8 * (big ? size - 1 - i : i))) & 255n)
    return bytes
  },
  function setNumber(bytes, at, random) {
    const isDigit = (i: number) => (bytes[i] ?? 0) >= 0x30 && (bytes[i] ?? 0) <= 0x39
    let begin = at
    while (begin < bytes.length && !isDigit(begin)) begin++
    let end = begin
    while (isDigit(end)) end++
    const text = new TextEncoder().encode(TEXTS[random(TEXTS.length)] ?? '')
    return joined(bytes.subarray(0, begin), text, bytes.subarray(end))
  },
  function zero(bytes, at, random) {
    return bytes.fill(random(2) ? 0 : 255, at, at + run(bytes, random))
  },
  function end(bytes, at) {
    return bytes.slice(0, at)
  },
  function splice(bytes, at, random, other) {
    const from = random(other.length + 1)
    return joined(bytes.subarray(0, at), other.subarray(from, from + run(other, random)), bytes.subarray(at))
  },
]

/**
 * One to four faults: bits flipped, bytes replaced, cut, repeated, moved, zeroed, a field of 1 to 8 bytes or a number in text
 * set to an edge, the end cut off, a piece of another file put in.
 */
export function mutate(file: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  let bytes: Uint8Array = file.slice()
  for (let n = 1 + random(4); n > 0; n--) {
    const mutation = MUTATIONS[random(MUTATIONS.length)]
    // A file may have become empty; then there is nothing more to break.
    if (mutation && bytes.length > 0) bytes = mutation(bytes, random(bytes.length), random, other)
  }
  return bytes
}
