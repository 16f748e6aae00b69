import { expect, test } from 'vitest'
import { upperTail } from './binomial.ts'
import { exactBinomial, relativeError } from './testing/oracle.ts'
import { keyOrComplement, twoSidedDoubled, twoSidedSmallMass } from './two-sided.ts'

test.each([0.5, 0.3, 0.75, 0.8, 2 ** -9])('agrees with exact sums at p = %d', (p) => {
  for (const n of [1, 2, 3, 4, 9, 48, 101]) {
    const { weights, upper, total } = exactBinomial(n, p)
    for (let m = 0; m <= n; m++) {
      const here = weights[m] ?? 0n
      const small = weights.reduce((sum, weight) => (weight <= here ? sum + weight : sum), 0n)
      expect(relativeError(twoSidedSmallMass(m, n, p), { num: small, den: total })).toBeLessThan(4e-16)
      const above = upper[m] ?? 0n
      const below = total - (upper[m + 1] ?? 0n)
      const doubled = 2n * (above < below ? above : below)
      const exact = { num: doubled < total ? doubled : total, den: total }
      expect(relativeError(twoSidedDoubled(m, n, p), exact)).toBeLessThan(4e-16)
    }
  }
})

test('modes that are equal in exact arithmetic, and those that are not', () => {
  // (n+1)p is whole for p = 3/4 exactly; the double nearest to 0.8 is a little more than 4/5.
  expect(twoSidedSmallMass(2, 3, 0.75)).toBe(1)
  expect(twoSidedSmallMass(3, 4, 0.8)).toBeCloseTo(1 - 0.8 ** 4, 15)
})

test('a fair coin: all three agree away from the middle', () => {
  for (const m of [0, 5, 40, 48]) {
    expect(twoSidedSmallMass(m, 48)).toBeCloseTo(twoSidedDoubled(m, 48), 15)
    expect(keyOrComplement(m, 48)).toBe(2 * upperTail(Math.max(m, 48 - m), 48, 0.5))
  }
  expect([keyOrComplement(24, 48), twoSidedDoubled(24, 48), twoSidedSmallMass(24, 48)]).toEqual([1, 1, 1])
  expect(keyOrComplement(0, 0)).toBe(1)
})

test('many trials, and certain ones', () => {
  expect(twoSidedSmallMass(502_000, 1e6) / twoSidedDoubled(502_000, 1e6)).toBeCloseTo(1, 14)
  expect([twoSidedSmallMass(0, 5, 0), twoSidedSmallMass(1, 5, 0), twoSidedSmallMass(5, 5, 1)]).toEqual([1, 0, 1])
  expect([0, 1, 2].map((m) => twoSidedSmallMass(m, 2, 2 ** -1040))).toEqual([1, 2 ** -1039, 0])
})

test('refuses bad arguments', () => {
  for (const call of [twoSidedDoubled, twoSidedSmallMass, keyOrComplement])
    expect(() => call(49, 48)).toThrow('m must be an integer in 0..48, but is 49')
  expect(() => twoSidedSmallMass(1, 48, Number.NaN)).toThrow('p must be a probability in [0,1], but is NaN')
})
