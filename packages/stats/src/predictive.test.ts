import { describe, expect, test } from 'vitest'
import { conformalPValue, log10PredictiveTail } from './predictive.ts'

/** Repeatable standard normal values. */
function normals(seed: number) {
  let state = seed
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

describe('conformalPValue', () => {
  test('is a rank, ties counted as extreme, on both sides', () => {
    const sample = [1, 2, 2, 3]
    expect(conformalPValue(2, sample, 'lower')).toBe(4 / 5)
    expect(conformalPValue(2, sample, 'upper')).toBe(4 / 5)
    expect(conformalPValue(0, sample, 'lower')).toBe(1 / 5)
    expect(conformalPValue(0, sample, 'upper')).toBe(1)
  })
  test('refuses what is not finite', () => {
    expect(() => conformalPValue(Number.NaN, [1], 'lower')).toThrow(RangeError)
    expect(() => conformalPValue(1, [], 'lower')).toThrow('at least 1 values')
    expect(() => conformalPValue(1, [1, Number.NaN], 'lower')).toThrow('sample[1]')
  })
})

test('both p-values are at most alpha about as often as they say, for values of the same kind', () => {
  const draw = normals(7)
  const trials = 4000
  const counts = { conformal: 0, student: 0 }
  for (let i = 0; i < trials; i++) {
    const sample = Array.from({ length: 19 }, draw)
    const value = draw()
    if (conformalPValue(value, sample, 'lower') <= 0.05) counts.conformal++
    if (log10PredictiveTail(value, sample, 'upper') <= Math.log10(0.05)) counts.student++
  }
  // Four standard errors about 200.
  for (const count of Object.values(counts)) expect(Math.abs(count - 200)).toBeLessThan(4 * Math.sqrt(190))
})

test('the predictive tail knows its sides, and a sample without spread', () => {
  const sample = [1, 2, 3, 4]
  expect(log10PredictiveTail(2.5, sample, 'lower')).toBeCloseTo(Math.log10(0.5), 12)
  expect(log10PredictiveTail(-9, sample, 'lower')).toBeCloseTo(log10PredictiveTail(14, sample, 'upper'), 12)
  expect(10 ** log10PredictiveTail(0, sample, 'lower') + 10 ** log10PredictiveTail(0, sample, 'upper')).toBeCloseTo(
    1,
    12,
  )
  expect(log10PredictiveTail(1, [2, 2], 'lower')).toBe(Number.NEGATIVE_INFINITY)
  expect(log10PredictiveTail(3, [2, 2], 'lower')).toBe(0)
})
