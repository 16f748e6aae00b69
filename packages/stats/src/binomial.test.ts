import { describe, expect, test } from 'vitest'
import { binomialMass, log10LowerTail, log10UpperTail, lowerTail, upperTail } from './binomial.ts'
import { exactBinomial, exactFairTail, exactLog10, type Rational, relativeError } from './testing/oracle.ts'

/** Doubles lose digits below this; tails are then 0 or subnormal and the logarithm stands in. */
const MIN_NORMAL = 2 ** -1022
const worstOf = (errors: number[]) => Math.max(...errors)

function errorOf(got: number, exact: Rational): number {
  return got < MIN_NORMAL && exact.num << 1022n < exact.den ? 0 : relativeError(got, exact)
}

/** Whether a logarithm is right; that of a tail which differs from 1 by less than the least double is 0. */
function isLog(got: number, exact: number): boolean {
  return Math.abs(got - exact) <= 1e-15 * Math.abs(exact) + MIN_NORMAL
}

describe.each([0.5, 0.3, 0.5001, 0.9, 1e-5, 1 - 2 ** -53])('p = %d', (p) => {
  test.each(p === 0.5 ? [1, 2, 7, 48, 64, 127, 256, 1100] : [1, 7, 48, 130, 256])('all tails of %d trials', (n) => {
    const { weights, upper, total } = exactBinomial(n, p)
    const ts = Array.from({ length: n + 2 }, (_, t) => t).filter((t) => n < 200 || t % 7 === 0 || t > n - 9 || t < 9)
    const exactUpper = (t: number) => ({ num: upper[t] ?? 0n, den: total })
    const exactLower = (t: number) => ({ num: total - (upper[t] ?? 0n), den: total })
    expect(worstOf(ts.map((t) => errorOf(upperTail(t, n, p), exactUpper(t))))).toBeLessThan(3e-16)
    expect(worstOf(ts.map((t) => errorOf(lowerTail(t, n, p), exactLower(t))))).toBeLessThan(3e-16)
    const masses = ts.filter((x) => x <= n)
    const exactMass = (x: number) => ({ num: weights[x] ?? 0n, den: total })
    expect(worstOf(masses.map((x) => errorOf(binomialMass(x, n, p), exactMass(x))))).toBeLessThan(3e-16)
    const inside = ts.slice(1, -1)
    expect(inside.filter((t) => !isLog(log10UpperTail(t, n, p), exactLog10(exactUpper(t))))).toEqual([])
    expect(inside.filter((t) => !isLog(log10LowerTail(t, n, p), exactLog10(exactLower(t))))).toEqual([])
  })
})

test.each([
  [1024, 1000],
  [1000, 990],
  [1074, 1073],
  [4096, 3000],
  [20000, 10100],
  [20000, 10600],
  [20000, 11500],
])('a deep tail of %d fair trials from %d on', (n, t) => {
  const exact = exactFairTail(t, n)
  expect(errorOf(upperTail(t, n, 0.5), exact)).toBeLessThan(5e-16)
  expect(errorOf(lowerTail(n - t + 1, n, 0.5), exact)).toBeLessThan(5e-16)
  expect(isLog(log10UpperTail(t, n, 0.5), exactLog10(exact))).toBe(true)
})

test('tails far below the least double have logarithms', () => {
  expect(upperTail(65536, 65536, 0.5)).toBe(0)
  expect(log10UpperTail(65536, 65536, 0.5)).toBe(-65536 * Math.log10(2))
  expect(isLog(log10UpperTail(999_950, 1e6, 0.5), exactLog10(exactFairTail(999_950, 1e6)))).toBe(true)
  expect(log10UpperTail(3, 3, 1e-300)).toBeCloseTo(-900, 10)
})

// Where the oracle's integers would take minutes. Made with mpmath at 60 digits: the first term by loggamma, then ratios of
// neighbouring terms, for the double nearest to p.
test.each([
  [500100, 1e6, 0.5, 0.4211313785258044, -0.3755823980646535],
  [503000, 1e6, 0.5, 9.925748819615104e-10, -9.0032367192289],
  [540000, 1e6, 0.5, 0, -1393.4959663799434],
  [600000, 1e6, 0.5, 0, -8747.354508452576],
  [300100, 1e6, 0.3, 0.4140007600357082, -0.38299886158680363],
  [999990, 1e6, 0.9999, 1.1330837813078217e-30, -29.94573797679641],
  [50001000, 1e8, 0.5, 0.42077939528381403, -0.3759455348562957],
])('P(X >= %d) of %d trials at %d', (t, n, p, tail, log10) => {
  expect(Math.abs(upperTail(t, n, p) - tail)).toBeLessThanOrEqual(1e-15 * tail)
  expect(isLog(log10UpperTail(t, n, p), log10)).toBe(true)
})

test('product and Stirling forms of the first term meet', () => {
  // The shorter side has 512 (product) and 513 (Stirling) trials; their ratio is known.
  const ratio = binomialMass(513, 1200, 0.45) / binomialMass(512, 1200, 0.45)
  expect(ratio / (((1200 - 512) / 513) * (0.45 / 0.55))).toBeCloseTo(1, 14)
})

test('upper and lower tail add up to 1 and move the right way', () => {
  for (const p of [0.02, 0.5, 0.97])
    for (let t = 1; t <= 97; t++) {
      expect(upperTail(t, 96, p) + lowerTail(t, 96, p)).toBeCloseTo(1, 15)
      expect(upperTail(t, 96, p)).toBeLessThanOrEqual(upperTail(t - 1, 96, p))
      if (t <= 96) expect(upperTail(t, 96, p)).toBeLessThanOrEqual(upperTail(t, 96, Math.min(1, p + 1e-6)))
      expect(lowerTail(97 - t, 96, 1 - p) / upperTail(t, 96, 1 - (1 - p)) || 1).toBeCloseTo(1, 12)
    }
})

test('the ends: nothing asked, too much asked, certain trials', () => {
  expect([upperTail(0, 48, 0.3), lowerTail(0, 48, 0.3), upperTail(49, 48, 0.3), lowerTail(49, 48, 0.3)]).toEqual([
    1, 0, 0, 1,
  ])
  expect([upperTail(0, 0, 0.5), upperTail(1, 0, 0.5)]).toEqual([1, 0])
  expect([upperTail(0, 5, 0), upperTail(1, 5, 0), upperTail(5, 5, 1), upperTail(6, 5, 1)]).toEqual([1, 0, 1, 0])
  expect([binomialMass(0, 5, 0), binomialMass(1, 5, 0), binomialMass(5, 5, 1), binomialMass(4, 5, 1)]).toEqual([
    1, 0, 1, 0,
  ])
  expect([log10UpperTail(0, 48, 0.5), log10UpperTail(49, 48, 0.5)]).toEqual([0, Number.NEGATIVE_INFINITY])
  expect(Object.is(log10UpperTail(0, 48, 0.5), 0)).toBe(true)
})

test.each([
  [[-1, 48, 0.5], 't must be an integer in 0..49, but is -1'],
  [[50, 48, 0.5], 't must be an integer in 0..49, but is 50'],
  [[1.5, 48, 0.5], 't must be an integer in 0..49, but is 1.5'],
  [[Number.NaN, 48, 0.5], 'but is NaN'],
  [[1, -1, 0.5], 'n must be an integer in 0..1000000000, but is -1'],
  [[1, Number.POSITIVE_INFINITY, 0.5], 'but is Infinity'],
  [[1, 48, 1.01], 'p must be a probability in [0,1], but is 1.01'],
  [[1, 48, Number.NaN], 'p must be a probability in [0,1], but is NaN'],
] as const)('refuses %j', ([t, n, p], message) => {
  for (const tail of [upperTail, lowerTail, log10UpperTail, log10LowerTail]) {
    expect(() => tail(t, n, p)).toThrow(RangeError)
    expect(() => tail(t, n, p)).toThrow(message)
  }
})
