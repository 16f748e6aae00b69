import { expect, test } from 'vitest'
import { upperTail } from './binomial.ts'
import { overdispersedTail } from './overdispersed.ts'

const masses = (total: number, inflation: number) =>
  Array.from(
    { length: total + 1 },
    (_, i) => overdispersedTail(i, total, inflation) - overdispersedTail(i + 1, total, inflation),
  )

test.each([1, 1.3, 2, 7])('has mean total/2 and the variance that is asked for: %s', (inflation) => {
  const total = 48
  const mass = masses(total, inflation)
  expect(mass.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
  expect(mass.reduce((sum, p, i) => sum + p * i, 0)).toBeCloseTo(24, 10)
  expect(mass.reduce((sum, p, i) => sum + p * (i - 24) ** 2, 0)).toBeCloseTo((inflation * total) / 4, 8)
})

test('no inflation is the binomial, also for the longest key', () => {
  for (const t of [0, 1, 24, 41, 48, 49])
    expect(overdispersedTail(t, 48, 1)).toBeCloseTo(upperTail(Math.min(t, 49), 48, 0.5), 9)
  expect(overdispersedTail(48, 48, 1) / 2 ** -48).toBeCloseTo(1, 6)
  expect(overdispersedTail(2200, 4096, 1) / upperTail(2200, 4096, 0.5)).toBeCloseTo(1, 5)
})

test('two bits by hand: all alike at the greatest inflation', () => {
  expect(overdispersedTail(2, 2, 2)).toBeCloseTo(0.5, 6)
  // rho = 1/2, a = 1/2: m(2) = (1/2·3/2)/(1·2) = 3/8
  expect(overdispersedTail(2, 2, 1.5)).toBeCloseTo(3 / 8, 12)
})

test('refuses what is out of range', () => {
  expect(() => overdispersedTail(3, 48, 0.9)).toThrow('inflation must be a number in 1..48, but is 0.9')
  expect(() => overdispersedTail(50, 48, 1)).toThrow(RangeError)
})
