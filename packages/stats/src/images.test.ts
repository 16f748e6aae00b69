import { expect, test } from 'vitest'
import { log10UpperTail, upperTail } from './binomial.ts'
import { decideTogether } from './images.ts'

test('one image is itself', () => {
  const got = decideTogether([40], 48)
  expect(got).toMatchObject({ matches: 40, total: 48, pooled: upperTail(40, 48, 0.5) })
  expect(got.fisher / got.pooled).toBeCloseTo(1, 13)
})

test('images that each decide nothing decide together', () => {
  const got = decideTogether(new Array(10).fill(34), 48)
  expect(upperTail(34, 48, 0.5)).toBeGreaterThan(1e-3)
  expect(got.pooled).toBe(upperTail(340, 480, 0.5))
  expect(got.pooled).toBeLessThan(1e-19)
  expect(got.fisher).toBeLessThan(1e-12)
})

test('two p-values combine to ab(1 - ln ab)', () => {
  const product = upperTail(30, 48, 0.5) * upperTail(40, 48, 0.5)
  expect(decideTogether([30, 40], 48).fisher / (product * (1 - Math.log(product)))).toBeCloseTo(1, 13)
})

test('one marked image among many plain ones: Fisher sees more than the pool', () => {
  const got = decideTogether([48, ...new Array(20).fill(24)], 48)
  expect(got.fisher).toBeLessThan(got.pooled)
})

test('evidence below the least double has a logarithm; none is certain nothing', () => {
  const got = decideTogether(new Array(100).fill(48), 48)
  expect([got.pooled, got.fisher]).toEqual([0, 0])
  expect(got.log10Pooled).toBe(log10UpperTail(4800, 4800, 0.5))
  expect(got.log10Fisher).toBeGreaterThan(got.log10Pooled)
  expect(got.log10Fisher).toBeLessThan(-1200)
  const nothing = decideTogether([0, 0, 0], 48)
  expect([nothing.pooled, nothing.fisher, nothing.log10Fisher]).toEqual([1, 1, 0])
  expect(decideTogether(new Array(20_000).fill(24), 48).fisher).toBeGreaterThan(0.99)
})

test.each([
  ['matches must hold the count of at least one image, but is empty', () => decideTogether([], 48)],
  ['matches[1] must be an integer in 0..48, but is 49', () => decideTogether([3, 49], 48)],
  ['bits must be an integer in 1..1000000, but is 0', () => decideTogether([0], 0)],
])('refuses: %s', (message, call) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(message)
})
