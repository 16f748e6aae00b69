import { expect, test } from 'vitest'
import { falsePositiveRate } from './false-positive-rate.ts'
import { exactBinomial, rational } from './testing/oracle.ts'
import { threshold } from './threshold.ts'
import { unionFalsePositiveRate } from './union.ts'

test('is the least count whose exact tail is at most the rate', () => {
  for (const p of [0.5, 0.52])
    for (const total of [1, 8, 48, 100]) {
      const exact = exactBinomial(total, p)
      for (const fpr of [0.3, 1e-2, 1e-6, 1e-9, 1e-15, 1e-40]) {
        const { num, den } = rational(fpr)
        expect(threshold(total, fpr, { p })).toBe(exact.upper.findIndex((tail) => tail * den <= num * exact.total))
      }
    }
})

test('is inclusive: a rate met exactly is met', () => {
  for (const total of [8, 48, 64, 200, 5000])
    for (const t of [Math.floor(total / 2), Math.floor(0.7 * total), total])
      if (falsePositiveRate(t, total) > 0) expect(threshold(total, falsePositiveRate(t, total))).toBe(t)
  expect(threshold(48, 2 ** -48)).toBe(48)
  expect(threshold(48, 49 * 2 ** -48)).toBe(47)
})

test('unattainable rates give total + 1, and certain ones 0', () => {
  expect([threshold(8, 1e-6), threshold(48, 0), threshold(5000, 0), threshold(0, 0.5)]).toEqual([9, 49, 5001, 1])
  expect([threshold(48, 1), threshold(48, 1, { users: 10 })]).toEqual([0, 0])
  expect([threshold(48, 0, { p: 0 }), threshold(48, 0.5, { p: 1 })]).toEqual([1, 49])
})

test('rates at and below the least double are compared by their logarithms', () => {
  expect(threshold(1024, 1e-300)).toBe(1021)
  expect(threshold(2000, 5e-324)).toBeLessThan(2000)
  expect(threshold(1074, 5e-324)).toBe(1074)
  expect(threshold(1073, 5e-324)).toBe(1074)
  expect(threshold(1074, 5e-324, { users: 2 })).toBe(1075)
})

test('grows with users, falls with the rate, and the bound is no smaller', () => {
  let last = 0
  for (const users of [1, 10, 1e3, 1e5, 1e6, 1e9]) {
    const t = threshold(128, 1e-6, { users })
    expect(t).toBeGreaterThanOrEqual(last)
    expect(threshold(128, 1e-6, { users, union: 'bound' })).toBeGreaterThanOrEqual(t)
    expect(unionFalsePositiveRate(falsePositiveRate(t, 128), users)).toBeLessThanOrEqual(1e-6)
    expect(unionFalsePositiveRate(falsePositiveRate(t - 1, 128), users)).toBeGreaterThan(1e-6)
    last = t
  }
  expect(threshold(128, 1e-3)).toBeLessThan(threshold(128, 1e-6))
})

test('pooled images: a million bits', () => {
  const t = threshold(1e6, 1e-9, { users: 1e6 })
  expect(falsePositiveRate(t, 1e6) * 1e6).toBeLessThanOrEqual(1e-9)
  expect(falsePositiveRate(t - 1, 1e6) * 1e6).toBeGreaterThan(1e-9)
})

test('answers asked for in turn stay apart, and repeating one costs next to nothing', () => {
  const ask = () => Array.from({ length: 40 }, (_, i) => threshold(48 + i, 10 ** -(i % 7), { users: 1 + (i % 3) }))
  expect(ask()).toEqual(ask())
  const start = performance.now()
  for (let i = 0; i < 1e6; i++) threshold(48, 1e-6)
  expect(performance.now() - start).toBeLessThan(1500)
})

test.each([
  ['fpr must be a probability in [0,1], but is -0.000001', () => threshold(48, -1e-6)],
  ['but is NaN', () => threshold(48, Number.NaN)],
  ['total must be an integer in 0..1000000000, but is 48.5', () => threshold(48.5, 1e-6)],
  ['users must be an integer in 1..', () => threshold(48, 1e-6, { users: 0 })],
  ['p must be a probability in [0,1], but is 2', () => threshold(48, 1e-6, { p: 2 })],
])('refuses: %s', (message, call) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(message)
})
