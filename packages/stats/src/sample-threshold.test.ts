import { expect, test } from 'vitest'
import { grubbsCritical, grubbsStatistic, grubbsThreshold, kernelQuantile, sampleQuantile } from './sample-threshold.ts'

test('sampleQuantile is linear between order statistics', () => {
  expect(sampleQuantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(sampleQuantile([4, 1, 3, 2], 0.9)).toBeCloseTo(3.7, 12)
  expect(sampleQuantile([5], 0.3)).toBe(5)
})

test('kernelQuantile of a symmetric sample is its middle, and moves with it', () => {
  const sample = [-2, -1, 0, 1, 2]
  expect(kernelQuantile(sample, 0.5)).toBeCloseTo(0, 3)
  expect(
    kernelQuantile(
      sample.map((value) => 10 + 3 * value),
      0.9,
    ),
  ).toBeCloseTo(10 + 3 * kernelQuantile(sample, 0.9), 9)
  expect(kernelQuantile(sample, 0.99)).toBeGreaterThan(kernelQuantile(sample, 0.9))
  expect(() => kernelQuantile([1, 1], 0.5)).toThrow('values that differ')
})

test("grubbsCritical is that of the tables of Grubbs' one-sided test", () => {
  // Grubbs and Beck 1972, upper 5% of the largest of n.
  expect(grubbsCritical(3, 0.05)).toBeCloseTo(1.1531, 3)
  expect(grubbsCritical(10, 0.05)).toBeCloseTo(2.1761, 3)
  expect(grubbsCritical(30, 0.05)).toBeCloseTo(2.7451, 2)
})

test('a value at the threshold has the critical statistic', () => {
  const sample = [3, 1, 4, 1, 5, 9, 2, 6]
  expect(grubbsStatistic(grubbsThreshold(sample, 0.05), sample)).toBeCloseTo(grubbsCritical(8, 0.05), 12)
  expect(() => grubbsCritical(2, 0.05)).toThrow(RangeError)
})
