import { expect, test } from 'vitest'
import { normalQuantile } from './normal.ts'

// Roots of the normal distribution function by mpmath at 400 digits.
test.each([
  [1e-300, -37.0470962993612],
  [1e-20, -9.26234008979841],
  [1e-6, -4.753424308822899],
  [0.02425, -1.9729610513118849],
  [0.0749, -1.4402382675279637],
  [0.075, -1.439531470938456],
  [0.3, -0.5244005127080408],
  [0.9, 1.2815515655446006],
  [0.99, 2.3263478740408408],
])('the normal quantile of %d', (p, z) => {
  expect(Math.abs(normalQuantile(p) / z - 1)).toBeLessThan(1e-15)
})

test('is odd about 1/2', () => {
  expect(normalQuantile(0.5)).toBe(0)
  for (const p of [0.25, 0.125, 2 ** -20]) expect(normalQuantile(1 - p)).toBe(-normalQuantile(p))
})

test.each([0, 1, -0.1, Number.NaN])('refuses %d', (p) => {
  expect(() => normalQuantile(p)).toThrow(`p must lie strictly between 0 and 1, but is ${p}`)
})
