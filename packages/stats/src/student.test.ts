import { describe, expect, test } from 'vitest'
import { log10StudentTail, studentQuantile, studentTail } from './student.ts'

/** P(T >= t) in closed form, t > 0. */
const CLOSED: Record<number, (t: number) => number> = {
  1: (t) => Math.atan2(1, t) / Math.PI,
  // 1 - t/√(2+t²), without the difference.
  2: (t) => 1 / (Math.sqrt(2 + t * t) * (Math.sqrt(2 + t * t) + t)),
}

/** Simpson's rule for the density ∝ (1 + t²/df)^(-(df+1)/2) from t to infinity, over that from 0, with t = tan(u)·√df. */
function integrated(t: number, df: number): number {
  // With that substitution the density becomes cos(u)^(df - 1).
  const area = (from: number) => {
    const n = 40_000
    const h = (Math.PI / 2 - from) / n
    let sum = 0
    for (let i = 0; i <= n; i++) sum += (i === 0 || i === n ? 1 : i % 2 ? 4 : 2) * Math.cos(from + i * h) ** (df - 1)
    return (sum * h) / 3
  }
  return area(Math.atan(t / Math.sqrt(df))) / area(0) / 2
}

describe('studentTail', () => {
  test.each([1, 2])('is the closed form of %d degrees of freedom, far out too', (df) => {
    for (const t of [1e-9, 0.1, 0.5, 1, 2, 10, 1e3, 1e6, 1e9]) {
      const want = CLOSED[df]?.(t) ?? Number.NaN
      expect(studentTail(t, df) / want).toBeCloseTo(1, 12)
      expect(log10StudentTail(t, df)).toBeCloseTo(Math.log10(want), 11)
    }
  })
  test.each([3, 7, 24, 59, 200, 3000])('is the integral of the density for %d degrees of freedom', (df) => {
    for (const t of [0.2, 1, 3]) expect(studentTail(t, df) / integrated(t, df)).toBeCloseTo(1, 10)
  })
  test('has both sides', () => {
    expect(studentTail(0, 5)).toBeCloseTo(0.5, 15)
    for (const t of [0.3, 2, 40]) expect(studentTail(-t, 9) + studentTail(t, 9)).toBeCloseTo(1, 15)
    expect(studentTail(Number.POSITIVE_INFINITY, 3)).toBe(0)
    expect(studentTail(Number.NEGATIVE_INFINITY, 3)).toBe(1)
  })
  test('goes on in logarithms where no double is left', () => {
    // The tail falls as t^-df.
    const fall = log10StudentTail(1e12, 60) - log10StudentTail(1e11, 60)
    expect(fall).toBeCloseTo(-60, 9)
    expect(log10StudentTail(1e200, 60)).toBeLessThan(-10_000)
  })
  test('refuses what is not a number', () => {
    expect(() => studentTail(Number.NaN, 3)).toThrow(RangeError)
    expect(() => studentTail(1, 0)).toThrow('degrees of freedom must be above 0, but are 0')
  })
})

describe('studentQuantile', () => {
  test.each([1, 2, 10, 58])('undoes the tail for %d degrees of freedom', (df) => {
    for (const p of [1e-12, 1e-3, 0.2, 0.5, 0.9])
      expect(studentTail(-studentQuantile(p, df), df) / p).toBeCloseTo(1, 10)
  })
  test('is that of the tables', () => {
    expect(studentQuantile(0.975, 10)).toBeCloseTo(2.228138851986274, 12)
    expect(studentQuantile(0.5, 4)).toBe(0)
  })
})
