import { expect, test } from 'vitest'
import { log10BayesFactor, posterior, posteriorOfMany } from './posterior.ts'

test('the Bayes factor of a perfect match is near 2^k', () => {
  expect(log10BayesFactor(48, 48, 1)).toBeCloseTo(48 * Math.log10(2), 13)
  expect(log10BayesFactor(47, 48, 1)).toBe(Number.NEGATIVE_INFINITY)
  expect(log10BayesFactor(30, 48, 0.5)).toBe(0)
  expect(log10BayesFactor(40, 48, 0.9)).toBeCloseTo(40 * Math.log10(1.8) + 8 * Math.log10(0.2), 13)
})

test('odds are the prior odds times the factor', () => {
  const got = posterior(40, 48, 0.9, 1e-6)
  expect(got.log10Odds).toBeCloseTo(got.log10BayesFactor + Math.log10(1e-6 / (1 - 1e-6)), 13)
  expect(got.probability).toBeCloseTo(10 ** got.log10Odds / (1 + 10 ** got.log10Odds), 13)
  expect(posterior(24, 48, 0.5, 0.25).probability).toBeCloseTo(0.25, 15)
  expect(posterior(0, 1000, 0.99, 0.5).probability).toBe(0)
  expect(posterior(0, 48, 1, 0.5).probability).toBe(0)
})

test('many candidates share one', () => {
  const { probabilities, none } = posteriorOfMany([46, 25, 23], 48, 0.95, 0.5)
  expect([...probabilities].reduce((sum, p) => sum + p, none)).toBeCloseTo(1, 15)
  expect(probabilities[0]).toBeGreaterThan(0.999)
  expect((probabilities[1] ?? 0) / (probabilities[2] ?? 0) / 19 ** 2).toBeCloseTo(1, 12)
  const single = posteriorOfMany([40], 48, 0.9, 0.75)
  expect(single.probabilities[0]).toBeCloseTo(posterior(40, 48, 0.9, 0.25).probability, 14)
  expect(posteriorOfMany([100_000, 100_000], 100_000, 0.99, 0.5).probabilities[0]).toBe(0.5)
})

test.each([
  ['prior must lie strictly between 0 and 1, but is 0', () => posterior(40, 48, 0.9, 0)],
  ['matches must be an integer in 0..48, but is 49', () => log10BayesFactor(49, 48, 0.9)],
  ['bitAccuracy must be a probability in [0,1], but is 2', () => log10BayesFactor(40, 48, 2)],
  ['matches must hold the count of at least one candidate', () => posteriorOfMany([], 48, 0.9, 0.5)],
  ['priorNone must be a probability in [0,1], but is -1', () => posteriorOfMany([40], 48, 0.9, -1)],
  ['no hypothesis explains the matches', () => posteriorOfMany([40], 48, 1, 0)],
])('refuses: %s', (message, call) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(message)
})
