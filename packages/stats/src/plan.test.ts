import { expect, test } from 'vitest'
import { minKeyBits, planKey } from './plan.ts'
import { truePositiveRate } from './power.ts'
import { threshold } from './threshold.ts'

// Greatest number of bit errors still identified at a false-positive rate of 1e-6 over all users.
test.each([
  [48, [7, 2, 1, null]],
  [64, [13, 6, 5, 2]],
  [96, [24, 15, 14, 10]],
  [128, [36, 26, 25, 20]],
  [256, [89, 74, 72, 65]],
])('%d bits among 1, 1e5, 1e6, 1e9 users tolerate %j errors', (bits, errors) => {
  expect([1, 1e5, 1e6, 1e9].map((users) => planKey({ bits, users }).errorsTolerated)).toEqual(errors)
})

test('a plan tells its rates', () => {
  const plan = planKey({ bits: 48, users: 1e5, fpr: 1e-6, bitAccuracy: 0.99 })
  expect(plan).toMatchObject({ bits: 48, users: 1e5, fpr: 1e-6, threshold: 46, attainable: true, errorsTolerated: 2 })
  expect(plan.falsePositiveRate).toBeCloseTo(1177 * 2 ** -48, 28)
  expect(plan.log10FalsePositiveRate).toBeCloseTo(-11.3786633, 6)
  expect(plan.unionFalsePositiveRate).toBeCloseTo(4.181543e-7, 12)
  expect(plan.minBitAccuracy).toBe(46 / 48)
  expect(plan.truePositiveRate).toBe(truePositiveRate(46, 48, 0.99))
})

test('a plan that cannot be says so', () => {
  expect(planKey({ bits: 8, users: 1e6, fpr: 1e-9, bitAccuracy: 1 })).toMatchObject({
    threshold: 9,
    attainable: false,
    errorsTolerated: null,
    minBitAccuracy: null,
    falsePositiveRate: 0,
    unionFalsePositiveRate: 0,
    truePositiveRate: 0,
  })
})

test('the least key length is the least', () => {
  for (const bitAccuracy of [0.8, 0.95, 1]) {
    const plan = minKeyBits({ users: 1000, fpr: 1e-6, bitAccuracy, truePositiveRate: 0.9 })
    const suffices = (bits: number) => {
      const t = threshold(bits, 1e-6, { users: 1000 })
      return t <= bits && truePositiveRate(t, bits, bitAccuracy) >= 0.9
    }
    const bits = Array.from({ length: 400 }, (_, i) => i + 1).find(suffices)
    expect(plan?.bits).toBe(bits)
    expect(plan?.truePositiveRate).toBeGreaterThanOrEqual(0.9)
  }
  expect(minKeyBits({ fpr: 0.5, bitAccuracy: 1 })?.bits).toBe(1)
  expect(minKeyBits({ users: 1e5, bitAccuracy: 0.51, maxBits: 500 })).toBeNull()
})

test.each([
  ['bits must be an integer in 1..1000000, but is 0', () => planKey({ bits: 0 })],
  ['users must be an integer in 1..9007199254740991, but is 1.5', () => planKey({ bits: 48, users: 1.5 })],
  ['fpr must be a probability in [0,1], but is 2', () => planKey({ bits: 48, fpr: 2 })],
  ['bitAccuracy must be a probability in [0,1], but is NaN', () => planKey({ bits: 48, bitAccuracy: Number.NaN })],
  ['bitAccuracy must be above 0.5', () => minKeyBits({ bitAccuracy: 0.5 })],
  ['fpr must lie strictly between 0 and 1, but is 0', () => minKeyBits({ bitAccuracy: 0.9, fpr: 0 })],
  ['truePositiveRate must lie strictly between 0 and 1', () => minKeyBits({ bitAccuracy: 0.9, truePositiveRate: 1 })],
])('refuses: %s', (message, call) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(message)
})
