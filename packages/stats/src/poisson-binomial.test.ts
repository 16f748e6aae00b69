import { expect, test } from 'vitest'
import { upperTail } from './binomial.ts'
import { poissonBinomialTails } from './poisson-binomial.ts'
import { rational, relativeError } from './testing/oracle.ts'

/** The same tails in integers, over a common denominator 2^(53·n). */
function exactTails(probabilities: number[]): { tails: bigint[]; total: bigint } {
  let dist = [1n]
  let total = 1n
  for (const probability of probabilities) {
    const { num, den } = rational(probability)
    dist = Array.from({ length: dist.length + 1 }, (_, i) => (dist[i] ?? 0n) * (den - num) + (dist[i - 1] ?? 0n) * num)
    total *= den
  }
  const tails = [...dist, 0n]
  for (let i = dist.length - 1; i >= 0; i--) tails[i] = (tails[i] ?? 0n) + (tails[i + 1] ?? 0n)
  return { tails, total }
}

test('agrees with exact sums', () => {
  const probabilities = Array.from({ length: 64 }, (_, i) => (i * 0.618 + 0.001) % 1)
  const { tails, total } = exactTails(probabilities)
  const got = poissonBinomialTails(probabilities)
  expect(got).toHaveLength(66)
  got.forEach((tail, t) => {
    expect(relativeError(tail, { num: tails[t] ?? 0n, den: total })).toBeLessThan(2e-14)
  })
})

test('equal probabilities give the binomial tails', () => {
  const got = poissonBinomialTails(new Float64Array(48).fill(0.5))
  got.forEach((tail, t) => {
    expect(tail).toBeCloseTo(upperTail(t, 48, 0.5), 14)
  })
  expect(got[48]).toBe(2 ** -48)
})

test('no trials, impossible ones, certain ones', () => {
  expect([...poissonBinomialTails([])]).toEqual([1, 0])
  expect([...poissonBinomialTails([0, 1, 1])]).toEqual([1, 1, 1, 0, 0])
})

test('refuses what is no probability, by its place', () => {
  expect(() => poissonBinomialTails([0.5, 1.2])).toThrow('probabilities[1] must be a probability in [0,1], but is 1.2')
  expect(() => poissonBinomialTails([Number.NaN])).toThrow(RangeError)
})
