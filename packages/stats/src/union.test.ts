import { expect, test } from 'vitest'
import { log10UnionFalsePositiveRate, unionBound, unionFalsePositiveRate } from './union.ts'

test('small rates add up, where 1 - (1-p)^N gives 0', () => {
  expect(unionFalsePositiveRate(1e-20, 1000)).toBeCloseTo(1e-17, 30)
  expect(unionFalsePositiveRate(2 ** -48, 1)).toBe(2 ** -48)
  expect(unionFalsePositiveRate(0.5, 3)).toBeCloseTo(0.875, 15)
  expect([unionFalsePositiveRate(0, 1e9), unionFalsePositiveRate(1, 1e9)]).toEqual([0, 1])
})

test('the bound is never below the rate, not by rounding either', () => {
  const wrong = Array.from({ length: 865 }, (_, i) => 10 ** (-0.37 * i)).flatMap((p) =>
    [1, 2, 3, 77, 1e5, 1e9].filter((users) => {
      const rate = unionFalsePositiveRate(p, users)
      return !(p <= rate && rate <= unionBound(p, users))
    }),
  )
  expect(wrong).toEqual([])
})

test('logarithms agree where both exist and go on below', () => {
  for (const exponent of [0, -0.1, -3, -7.5, -19, -60])
    for (const users of [1, 10, 1e6]) {
      const log = log10UnionFalsePositiveRate(exponent, users)
      expect(log).toBeCloseTo(Math.log10(unionFalsePositiveRate(10 ** exponent, users)), 12)
    }
  expect(log10UnionFalsePositiveRate(-1000, 1e6)).toBe(-994)
  expect(log10UnionFalsePositiveRate(Number.NEGATIVE_INFINITY, 1e6)).toBe(Number.NEGATIVE_INFINITY)
})

test.each([
  ['p must be a probability in [0,1], but is 1.1', () => unionFalsePositiveRate(1.1, 2)],
  ['users must be an integer in 1..9007199254740991, but is 0', () => unionFalsePositiveRate(0.1, 0)],
  ['but is 2.5', () => unionBound(0.1, 2.5)],
  ['log10P must be the logarithm of a probability, at most 0, but is 0.1', () => log10UnionFalsePositiveRate(0.1, 2)],
  ['but is NaN', () => log10UnionFalsePositiveRate(Number.NaN, 2)],
])('refuses: %s', (message, call) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(message)
})
