import { expect, test } from 'vitest'
import { birthdayProbability, exactCollisionProbability, keyCollisions } from './collision.ts'

test('people and their birthdays, in powers of two', () => {
  expect(birthdayProbability(8, 2)).toBeCloseTo(1 / 256, 15)
  expect(birthdayProbability(8, 20)).toBeCloseTo(
    1 - Array.from({ length: 20 }, (_, i) => 1 - i / 256).reduce((a, b) => a * b),
    14,
  )
  expect([birthdayProbability(8, 1), birthdayProbability(8, 257)]).toEqual([0, 1])
})

// -expm1(loggamma(D+1) - loggamma(D-N+1) - N·log(D)), D = 2^bits, by mpmath at 100 digits.
test.each([
  [32, 1e5, 0.6878122819636974],
  [48, 1e7, 0.16275259628500116],
  [20, 6000, 0.9999999659727534],
  [64, 1e9, 0.026741008874431357],
])('many keys by Stirling: %d bits, %d keys', (bits, keys, want) => {
  expect(birthdayProbability(bits, keys) / want).toBeCloseTo(1, 14)
})

test('the product and Stirling meet', () => {
  for (const bits of [24, 30, 40, 60]) {
    const [few, many] = [birthdayProbability(bits, 5000), birthdayProbability(bits, 5001)]
    // P(N+1) = P(N) + (1 - P(N))·N/D
    expect(many / (few + ((1 - few) * 5000) / 2 ** bits)).toBeCloseTo(1, 12)
  }
})

test('counting every assignment lies between the bounds, and meets the birthday probability', () => {
  for (const [bits, keys] of [
    [3, 2],
    [4, 3],
    [5, 4],
    [8, 3],
  ] as const) {
    expect(exactCollisionProbability(bits, keys, 0)).toBeCloseTo(birthdayProbability(bits, keys), 14)
    for (let d = 0; d <= bits; d++) {
      const exact = exactCollisionProbability(bits, keys, d)
      const bounds = keyCollisions(bits, keys, d)
      expect(exact).toBeGreaterThanOrEqual(bounds.lower - 1e-15)
      expect(exact).toBeLessThanOrEqual(bounds.unionUpper + 1e-15)
    }
  }
  expect(exactCollisionProbability(3, 3, 1)).toBe(0.90625)
  expect(exactCollisionProbability(1, 3, 0)).toBe(1)
})

test('48 bits among a million users: nobody shares a key, some are within 4 bits', () => {
  const equal = keyCollisions(48, 1e6)
  expect(equal.birthday).toBeCloseTo(0.0017747, 6)
  expect(equal.lower).toBeLessThanOrEqual(equal.birthday ?? 0)
  expect(equal.poisson).toBeCloseTo(equal.birthday ?? 0, 8)
  const near = keyCollisions(48, 1e6, 4)
  expect(near.birthday).toBeNull()
  expect(near.lower).toBeGreaterThan(0.99)
  expect(near.oneKey).toBeCloseTo(7.5666e-4, 7)
  expect(keyCollisions(48, 1)).toMatchObject({ unionUpper: 0, lower: 0, poisson: 0, oneKey: 0, birthday: 0 })
  expect(keyCollisions(4000, 1e9)).toMatchObject({ pair: 0, unionUpper: 0, lower: 0, birthday: 0 })
})

test.each([
  ['bits must be an integer in 1..1000000, but is 0', () => keyCollisions(0, 10)],
  ['keys must be an integer in 1..9007199254740991, but is 0', () => keyCollisions(48, 0)],
  ['distance must be an integer in 0..48, but is 49', () => keyCollisions(48, 10, 49)],
  ['keys must be an integer in 1..9007199254740991, but is NaN', () => birthdayProbability(48, Number.NaN)],
  ['20 keys of 16 bits are too many to count', () => exactCollisionProbability(16, 20, 1)],
])('refuses: %s', (message, call) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(message)
})
