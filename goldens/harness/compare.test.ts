import { describe, expect, test } from 'vitest'
import { deviationOf } from './compare.ts'

const tolerance = { abs: 1e-3, rel: 1e-2 }

describe('deviationOf', () => {
  test('finds the element that uses most of its allowance, not the one that differs most', () => {
    const { at, share, allowed } = deviationOf('y', [100.5, 0.0015], [100, 0], tolerance)
    expect(at.index).toBe(1)
    expect(allowed).toBeCloseTo(1e-3, 12)
    expect(share).toBeCloseTo(1.5, 9)
  })

  test('one side NaN or infinite is beyond any tolerance; equal ones agree', () => {
    expect(deviationOf('y', [Number.NaN], [1], tolerance).share).toBe(Number.POSITIVE_INFINITY)
    expect(deviationOf('y', [1], [Number.POSITIVE_INFINITY], tolerance).share).toBe(Number.POSITIVE_INFINITY)
    expect(deviationOf('y', [Number.NaN, -Infinity, -0], [Number.NaN, -Infinity, 0], tolerance).share).toBe(0)
  })

  test('a tolerance of zero asks for equality', () => {
    expect(deviationOf('y', [1, 2], [1, 2], { abs: 0, rel: 0 }).share).toBe(0)
    expect(deviationOf('y', [1, 2 + 1e-12], [1, 2], { abs: 0, rel: 0 }).share).toBe(Number.POSITIVE_INFINITY)
  })

  test('bounds the mean difference where the case does', () => {
    const eightBit = { abs: 1, rel: 0, mean: 0.1 }
    expect(deviationOf('y', [1, 0, 0, 0], [0, 0, 0, 0], eightBit)).toMatchObject({ output: 'y (mean)', share: 2.5 })
    expect(deviationOf('y', [1, ...Array(19).fill(0)], Array(20).fill(0), eightBit).share).toBe(1)
  })

  test('lengths must be equal', () => {
    expect(() => deviationOf('y', [1], [1, 2], tolerance)).toThrow('y: 1 values, expected 2')
  })
})
