import { expect, test } from 'vitest'
import { Extended } from './extended.ts'
import { rational } from './testing/oracle.ts'

/** |(hi + lo) - num/den| / (num/den) for a number of scale 0. */
function errorOf({ hi, lo }: Extended, num: bigint, den: bigint): number {
  const high = rational(hi)
  const low = rational(Math.abs(lo))
  const value = high.num * low.den + (lo < 0 ? -1n : 1n) * low.num * high.den
  const off = value * den - num * high.den * low.den
  return Number(((off < 0n ? -off : off) << 300n) / (num * high.den * low.den)) * 2 ** -300
}

test('products, quotients and sums hold 100 bits', () => {
  const [a, b, c] = [0.1, 1 / 3, 7.3].map(rational)
  if (!a || !b || !c) throw new Error('three numbers')
  const got = new Extended(0.1).multiply(1 / 3).divide(7.3)
  expect(errorOf(got, a.num * b.num * c.den, a.den * b.den * c.num)).toBeLessThan(2 ** -100)
  const sum = new Extended(0.1).add(new Extended(1 / 3))
  expect(errorOf(sum, a.num * b.den + b.num * a.den, a.den * b.den)).toBeLessThan(2 ** -100)
  const ratio = new Extended(0.1).divide(Extended.oneMinus(0.1).hi, Extended.oneMinus(0.1).lo)
  expect(errorOf(ratio, a.num, a.den - a.num)).toBeLessThan(2 ** -100)
})

test('1 - p is exact', () => {
  for (const p of [0.1, 1e-20, 1 - 2 ** -53, 0.3]) {
    const { num, den } = rational(p)
    expect(errorOf(Extended.oneMinus(p), den - num, den)).toBe(0)
  }
})

test('powers keep their digits through scales', () => {
  const { num, den } = rational(0.9)
  expect(errorOf(new Extended(0.9).power(1000), num ** 1000n, den ** 1000n)).toBeLessThan(2 ** -93)
  const deep = new Extended(1e-5).power(1000)
  expect(deep.log10()).toBeCloseTo(-5000, 9)
  expect(deep.toNumber()).toBe(0)
  expect(deep.multiplyBy(new Extended(1e5).power(1000)).toNumber()).toBeCloseTo(1, 12)
  expect(new Extended(10).power(1000).toNumber()).toBe(Number.POSITIVE_INFINITY)
  expect(new Extended(5e-324).power(2).log10()).toBeCloseTo(2 * -323.3062153431158, 9)
  expect(new Extended(3).power(0).toNumber()).toBe(1)
})

test('compares with 1 and complements to it', () => {
  expect(new Extended(1, 1e-30).minusOne()).toBe(1e-30)
  expect(new Extended(2 ** -300, 0, 1).minusOne()).toBe(0)
  expect(new Extended(1, 0, 2).minusOne()).toBe(Number.POSITIVE_INFINITY)
  expect(new Extended(1, 0, -2).minusOne()).toBe(-1)
  expect(new Extended(1, -1e-30).complement()).toBe(1e-30)
  expect(new Extended(2 ** 299, 0, -1).complement()).toBe(0.5)
})
