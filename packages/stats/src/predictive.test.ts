import { describe, expect, test } from 'vitest'
import { conformalPValue, log10ExponentialTail, log10PredictiveTail } from './predictive.ts'

/** Repeatable values between 0 and 1, neither of them. */
function uniforms(seed: number) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
}

/** Repeatable standard normal values. */
function normals(seed: number) {
  const uniform = uniforms(seed)
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

describe('log10ExponentialTail', () => {
  test('is a rank where the tail begins, and falls by the excess beside those of the sample', () => {
    const sample = [0, 0, 0, 0, 0, 1, 2, 3]
    expect(log10ExponentialTail(0, sample, 'upper')).toBe(0)
    expect(log10ExponentialTail(6, sample, 'upper')).toBeCloseTo(Math.log10(4 / 9) - 3 * Math.log10(2), 12)
    const mirrored = sample.map((value) => -value)
    expect(log10ExponentialTail(-6, mirrored, 'lower')).toBeCloseTo(log10ExponentialTail(6, sample, 'upper'), 12)
    expect(log10ExponentialTail(1, [2, 2, 2, 2], 'lower')).toBe(Number.NEGATIVE_INFINITY)
    expect(() => log10ExponentialTail(1, [1, 2, 3], 'upper')).toThrow('at least 4 values')
  })

  test('holds its rate where tails are exponential, which Student’s does not', () => {
    const uniform = uniforms(3)
    const draw = () => -Math.log(uniform())
    const trials = 20_000
    const counts = { exponential: 0, student: 0 }
    for (let i = 0; i < trials; i++) {
      const sample = Array.from({ length: 40 }, draw)
      const value = draw()
      if (log10ExponentialTail(value, sample, 'upper') <= -2) counts.exponential++
      if (log10PredictiveTail(value, sample, 'upper') <= -2) counts.student++
    }
    // Four standard errors about a hundredth.
    expect(Math.abs(counts.exponential - 200)).toBeLessThan(4 * Math.sqrt(198))
    expect(counts.student).toBeGreaterThan(400)
  })
})
