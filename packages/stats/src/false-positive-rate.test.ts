import { expect, test } from 'vitest'
import { upperTail } from './binomial.ts'
import { falsePositiveRate, log10FalsePositiveRate } from './false-positive-rate.ts'
import { exactFairTail, relativeError } from './testing/oracle.ts'

test('the published rates of 48 bits', () => {
  const rates = [46, 44, 42, 41].map((matches) => falsePositiveRate(matches, 48).toPrecision(2))
  expect(rates).toEqual(['4.2e-12', '7.6e-10', '5.0e-8', '3.1e-7'])
})

test('a rate that a double holds is that double', () => {
  expect(falsePositiveRate(48, 48)).toBe(2 ** -48)
  expect(falsePositiveRate(47, 48)).toBe(49 * 2 ** -48)
  expect(falsePositiveRate(1, 8)).toBe(255 / 256)
  expect(falsePositiveRate(25, 50)).toBe((2 ** 49 + 126410606437752 / 2) / 2 ** 50)
})

test('1e-300 has all its digits', () => {
  const rate = falsePositiveRate(1020, 1024)
  expect(rate).toBeGreaterThan(1e-300)
  expect(rate).toBeLessThan(1e-296)
  expect(relativeError(rate, exactFairTail(1020, 1024))).toBeLessThan(2e-16)
})

test('what is remembered is what was computed', () => {
  for (let round = 0; round < 2; round++)
    for (const matches of [0, 20, 21, 40, 41]) expect(falsePositiveRate(matches, 40)).toBe(upperTail(matches, 40, 0.5))
  expect(falsePositiveRate(30, 40, 0.5)).not.toBe(falsePositiveRate(30, 40, 0.4))
  expect(falsePositiveRate(30, 40, 0.4)).toBe(upperTail(30, 40, 0.4))
})

test('a million asked again take a moment', () => {
  const start = performance.now()
  let sum = 0
  for (let i = 0; i < 1e6; i++) sum += falsePositiveRate(i % 49, 48)
  expect(sum).toBeGreaterThan(0)
  expect(performance.now() - start).toBeLessThan(1000)
})

test('logarithms go on where rates end', () => {
  expect(log10FalsePositiveRate(2048, 2048)).toBeCloseTo(-2048 * Math.log10(2), 9)
  expect(log10FalsePositiveRate(41, 48)).toBe(Math.log10(falsePositiveRate(41, 48)))
  expect(log10FalsePositiveRate(49, 48)).toBe(Number.NEGATIVE_INFINITY)
})

test.each([
  ['matches must be an integer in 0..49, but is 50', () => falsePositiveRate(50, 48)],
  ['matches must be an integer in 0..49, but is 40.5', () => falsePositiveRate(40.5, 48)],
  ['total must be an integer in 0..1000000000, but is NaN', () => falsePositiveRate(40, Number.NaN)],
  ['matches must be an integer in 0..49, but is -1', () => log10FalsePositiveRate(-1, 48)],
  ['p must be a probability in [0,1], but is -0.1', () => falsePositiveRate(40, 48, -0.1)],
])('refuses: %s', (message, call) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(message)
})
