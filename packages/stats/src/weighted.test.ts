import { expect, test } from 'vitest'
import { upperTail } from './binomial.ts'
import { weightedTails } from './weighted.ts'

/** P(S >= t) by counting all 2^n keys. */
function counted(weights: readonly number[], t: number): number {
  let count = 0
  for (let key = 0; key < 2 ** weights.length; key++) {
    const sum = weights.reduce((total, weight, i) => total + ((key >> i) & 1) * weight, 0)
    if (sum >= t) count++
  }
  return count / 2 ** weights.length
}

test('agrees with a count of all keys, for weights with zeros and repetitions', () => {
  const random = (seed: number) => (seed * 7919 + 13) % 23
  for (const n of [1, 2, 5, 11, 16]) {
    const weights = Array.from({ length: n }, (_, i) => random(i * n + 3))
    const tails = weightedTails(weights)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    expect(tails).toHaveLength(total + 2)
    // A dyadic number with 16 bits at most: doubles are exact.
    for (let t = 0; t <= total + 1; t += Math.max(1, Math.floor(total / 12))) expect(tails[t]).toBe(counted(weights, t))
    expect(tails[total]).toBe(counted(weights, total))
  }
})

test('equal weights give the binomial tails', () => {
  for (const weight of [1, 7]) {
    const tails = weightedTails(new Array(48).fill(weight))
    for (let matches = 0; matches <= 48; matches++)
      expect(tails[matches * weight]! / upperTail(matches, 48, 0.5)).toBeCloseTo(1, 12)
    expect(tails[48 * weight]).toBe(2 ** -48)
  }
})

test('a weight of 0 changes nothing, a dominant one decides', () => {
  expect([...weightedTails([0, 3, 0])]).toEqual([...weightedTails([3])])
  const tails = weightedTails([100, 1, 1])
  expect(tails[100]).toBe(0.5)
  expect(tails[3]).toBe(0.5)
  expect(tails[102]).toBe(0.125)
})

test('no bits: the sum is 0', () => {
  expect([...weightedTails([])]).toEqual([1, 0])
})

test('refuses weights that are not whole, negative, missing or too many in sum', () => {
  expect(() => weightedTails([1, 0.5])).toThrow('weights[1] must be an integer in 0..10000000, but is 0.5')
  expect(() => weightedTails([-1])).toThrow(RangeError)
  expect(() => weightedTails([Number.NaN])).toThrow(RangeError)
  expect(() => weightedTails([6e6, 6e6])).toThrow('the sum of the weights')
})
