import { describe, expect, test } from 'vitest'
import { lowerTail, upperTail } from './binomial.ts'
import { clopperPearson, wilson, wilsonWithContinuity } from './interval.ts'

const counts = [
  [0, 10],
  [1, 10],
  [5, 10],
  [10, 10],
  [46, 48],
  [987, 1000],
  [1, 1_000_000],
] as const

test.each(counts)('Clopper-Pearson of %d in %d: the ends have the tails they are defined by', (x, n) => {
  for (const confidence of [0.9, 0.95, 0.999]) {
    const { low, high } = clopperPearson(x, n, confidence)
    const side = (1 - confidence) / 2
    if (x > 0) expect(upperTail(x, n, low) / side).toBeCloseTo(1, 9)
    if (x < n) expect(lowerTail(x + 1, n, high) / side).toBeCloseTo(1, 9)
    if (x === 0) expect(low).toBe(0)
    if (x === n) expect(high).toBe(1)
  }
})

test('the ends at 0 and n have closed forms', () => {
  expect(clopperPearson(0, 50).high).toBeCloseTo(1 - 0.025 ** (1 / 50), 14)
  expect(clopperPearson(50, 50).low).toBeCloseTo(0.025 ** (1 / 50), 14)
})

describe.each([clopperPearson, wilson, wilsonWithContinuity])('%o', (interval) => {
  test.each(counts)('of %d in %d holds the rate, mirrors, and widens with confidence', (x, n) => {
    const { low, high } = interval(x, n)
    expect(low).toBeLessThanOrEqual(x / n)
    expect(high).toBeGreaterThanOrEqual(x / n)
    expect(low).toBeGreaterThanOrEqual(0)
    expect(high).toBeLessThanOrEqual(1)
    const mirrored = interval(n - x, n)
    expect(mirrored.low).toBeCloseTo(1 - high, 12)
    expect(mirrored.high).toBeCloseTo(1 - low, 12)
    expect(interval(x, n, 0.99).low).toBeLessThanOrEqual(low)
    expect(interval(x, n, 0.99).high).toBeGreaterThanOrEqual(high)
  })

  test('refuses bad arguments', () => {
    expect(() => interval(11, 10)).toThrow('successes must be an integer in 0..10, but is 11')
    expect(() => interval(0, 0)).toThrow('total must be an integer in 1..1000000000, but is 0')
    expect(() => interval(5, 10, 1)).toThrow('confidence must lie strictly between 0 and 1, but is 1')
    expect(() => interval(Number.NaN, 10)).toThrow(RangeError)
  })
})

test('Wilson inverts the score test', () => {
  const { low, high } = wilson(46, 48)
  for (const p of [low, high])
    expect(Math.abs(46 - 48 * p) / Math.sqrt(48 * p * (1 - p))).toBeCloseTo(1.959963984540054, 11)
  expect(wilson(1, 1_000_000_000).low * 1e9).toBeCloseTo(0.1765, 4)
})
