import { checkInteger, checkUsers } from './arguments.ts'
import { lowerTail, upperTail } from './binomial.ts'
import { stirlingError } from './stirling.ts'
import { unionFalsePositiveRate } from './union.ts'

/** How likely random keys come too near to each other. */
export interface Collisions {
  /** Two given keys are within the distance: q = sum_{i<=d} C(k,i)/2^k. */
  readonly pair: number
  /** Some two of the M = N(N-1)/2 pairs are: at most min(1, M·q) … */
  readonly unionUpper: number
  /** … and at least M·q/(1-q+M·q), since pairs are pairwise independent; */
  readonly lower: number
  /** approximately 1-exp(-M·q). */
  readonly poisson: number
  /** One given key has a neighbour within the distance: 1-(1-q)^(N-1). */
  readonly oneKey: number
  /** The exact probability of two equal keys; null unless distance is 0. */
  readonly birthday: number | null
}

const MAX_BITS = 1e6

/**
 * Collisions among `keys` uniform random keys of `bits` bits: two are indistinguishable for a detector that tolerates e errors
 * if they are within distance 2e.
 * @param keys N, a whole number from 1
 * @param distance d, Hamming distance that counts as a collision, 0..bits; 0: equal
 * @throws RangeError for an argument outside its range
 */
export function keyCollisions(bits: number, keys: number, distance = 0): Collisions {
  checkInteger('bits', bits, 1, MAX_BITS)
  checkUsers('keys', keys)
  checkInteger('distance', distance, 0, bits)
  const pair = lowerTail(distance + 1, bits, 0.5)
  const expected = pair * pairs(keys)
  return {
    pair,
    unionUpper: Math.min(1, expected),
    lower: expected === 0 ? 0 : 1 / (1 + upperTail(distance + 1, bits, 0.5) / expected),
    poisson: -Math.expm1(-expected),
    oneKey: keys === 1 ? 0 : unionFalsePositiveRate(pair, keys - 1),
    birthday: distance === 0 ? birthdayProbability(bits, keys) : null,
  }
}

/** Below this many keys the product is taken factor by factor. */
const FEW_KEYS = 5000

/**
 * Exact probability that two of N keys of k bits are equal: 1 - prod_{i<N} (1 - i/D), D = 2^k.
 * For many keys the product is D!/((D-N)!·D^N), by Stirling's formula with x = N/D
 *   ln = -D·h(x) - ln(1-x)/2 + stirlingError(D) - stirlingError(D-N),  h(x) = x + (1-x)·ln(1-x) = sum_{m>=2} x^m/(m(m-1)),
 * where the series keeps the digits that the difference would lose for small x.
 * @throws RangeError for an argument outside its range
 */
export function birthdayProbability(bits: number, keys: number): number {
  checkInteger('bits', bits, 1, MAX_BITS)
  checkUsers('keys', keys)
  const pair = lowerTail(1, bits, 0.5)
  const expected = pair * pairs(keys)
  if (expected < 1e-18) return expected
  const words = 1 / pair
  // The logarithm of the product is below -M/D: from 50 on the double is 1, as it is where keys outnumber words.
  if (expected > 50 || keys > words) return 1
  if (keys <= FEW_KEYS) {
    let ln = 0
    for (let i = 1; i < keys; i++) ln += Math.log1p(-i * pair)
    return -Math.expm1(ln)
  }
  const share = keys * pair
  const ln = -words * halfSquare(share) - Math.log1p(-share) / 2 + stirlingError(words) - stirlingError(words - keys)
  return -Math.expm1(ln)
}

/** sum_{m>=2} x^m/(m(m-1)), near x²/2, for x well below 1: here N²/2D <= 50 and N > 5000 make it at most 0.02. */
function halfSquare(x: number): number {
  let sum = 0
  for (let m = 2, power = x * x; power > 1e-18 * x * x; m++, power *= x) sum += power / (m * (m - 1))
  return sum
}

function pairs(keys: number): number {
  return (keys * (keys - 1)) / 2
}

const MAX_SETS = 2e7

/**
 * Exact probability that some two of a few short keys are within a distance, by counting: the first key is 0 without loss of
 * generality; all sets of keys - 1 further words with every pair farther apart are counted, each for (keys-1)! assignments.
 * @param bits 1..16
 * @param keys from 1, as many as keep the number of sets, C(2^bits, keys - 1), below 2e7
 * @throws RangeError for an argument outside its range or too much to count: keyCollisions has bounds for any size
 */
export function exactCollisionProbability(bits: number, keys: number, distance: number): number {
  checkInteger('bits', bits, 1, 16)
  checkUsers('keys', keys)
  checkInteger('distance', distance, 0, bits)
  const words = 2 ** bits
  if (keys === 1) return 0
  if (keys > words) return 1
  let sets = 1
  for (let i = 0; i < keys - 1 && sets <= MAX_SETS; i++) sets *= (words - i) / (i + 1)
  if (sets > MAX_SETS)
    throw new RangeError(
      `${keys} keys of ${bits} bits are too many to count every assignment: use keyCollisions' bounds`,
    )
  const all = Int32Array.from({ length: words }, (_, word) => word)
  let share = countSpread(fartherThan(distance, 0, all), keys - 1, distance)
  for (let i = 1; i < keys; i++) share *= i / words
  return 1 - share
}

/** Number of sets of `size` of the candidates whose pairs are all farther apart than the distance. */
function countSpread(candidates: Int32Array, size: number, distance: number): number {
  if (size === 1) return candidates.length
  let count = 0
  candidates.forEach((word, i) => {
    const rest = fartherThan(distance, word, candidates.subarray(i + 1))
    if (rest.length >= size - 1) count += countSpread(rest, size - 1, distance)
  })
  return count
}

function fartherThan(distance: number, word: number, candidates: Int32Array): Int32Array {
  return candidates.filter((other) => onesOf(word ^ other) > distance)
}

/** Number of set bits of a word of 16 bits: sums of 2, 4, 8 and 16 neighbours. */
function onesOf(word: number): number {
  const twos = word - ((word >> 1) & 0x5555)
  const fours = (twos & 0x3333) + ((twos >> 2) & 0x3333)
  const eights = (fours + (fours >> 4)) & 0x0f0f
  return (eights + (eights >> 8)) & 0x1f
}
