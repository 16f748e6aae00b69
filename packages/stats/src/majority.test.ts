import { expect, test } from 'vitest'
import { majorityAccuracy } from './majority.ts'

test('one read is itself, two are no better, three are 3a² - 2a³', () => {
  for (const a of [0, 0.3, 0.6, 0.95, 1]) {
    expect(majorityAccuracy(1, a)).toBeCloseTo(a, 15)
    expect(majorityAccuracy(2, a)).toBeCloseTo(a, 15)
    expect(majorityAccuracy(3, a)).toBeCloseTo(3 * a ** 2 - 2 * a ** 3, 15)
  }
})

test('more reads help above chance, hurt below, and leave chance alone', () => {
  for (let n = 1; n < 30; n += 2) {
    expect(majorityAccuracy(n + 2, 0.7)).toBeGreaterThan(majorityAccuracy(n, 0.7))
    expect(majorityAccuracy(n + 2, 0.3)).toBeLessThan(majorityAccuracy(n, 0.3))
    expect(majorityAccuracy(n + 1, 0.5)).toBeCloseTo(0.5, 15)
  }
})

test('refuses bad arguments', () => {
  expect(() => majorityAccuracy(0, 0.9)).toThrow('reads must be an integer in 1..1000000000, but is 0')
  expect(() => majorityAccuracy(3, -1)).toThrow('accuracy must be a probability in [0,1], but is -1')
})
