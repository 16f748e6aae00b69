import { expect, test } from 'vitest'
import { truePositiveRate } from './power.ts'

test('is certain for perfect reads, and the false-positive rate for guesses', () => {
  expect([truePositiveRate(48, 48, 1), truePositiveRate(49, 48, 1)]).toEqual([1, 0])
  expect(truePositiveRate(48, 48, 0.5)).toBe(2 ** -48)
  expect(truePositiveRate(48, 48, 0.99)).toBeCloseTo(0.99 ** 48, 14)
})

test('grows with bit accuracy and falls with the threshold', () => {
  for (let t = 30; t < 48; t++) {
    expect(truePositiveRate(t, 48, 0.95)).toBeGreaterThan(truePositiveRate(t, 48, 0.9))
    expect(truePositiveRate(t, 48, 0.9)).toBeGreaterThan(truePositiveRate(t + 1, 48, 0.9))
  }
})

test('refuses bad arguments', () => {
  expect(() => truePositiveRate(50, 48, 0.9)).toThrow('matches must be an integer in 0..49, but is 50')
  expect(() => truePositiveRate(40, 48, 90)).toThrow('bitAccuracy must be a probability in [0,1], but is 90')
})
