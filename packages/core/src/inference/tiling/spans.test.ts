import { describe, expect, test } from 'vitest'
import { maskOf, spans } from './spans.ts'

describe('spans', () => {
  test.each([
    [100, 20, 3],
    [100, 7, 3],
    [41, 40, 9],
    [40, 40, 9],
    [33, 50, 9],
    [1000, 19, 9],
    [57, 26, 9],
  ])('%i pixels in tiles of %i with a halo of %i', (size, length, halo) => {
    const counted = Array<number>(size).fill(0)
    for (const span of spans(size, length, halo)) {
      const { from } = span
      const mask = maskOf(span)
      expect(from).toBeGreaterThanOrEqual(0)
      expect(mask.length).toBe(Math.min(size, length))
      expect(from + mask.length).toBeLessThanOrEqual(size)
      expect(span.length).toBe(mask.length)
      expect(span.end - span.start).toBe(mask.reduce((a, b) => a + b, 0))
      mask.forEach((own, i) => {
        if (own === 0) return
        counted[from + i]!++
        // All that the position sees is in the tile, or beyond the image.
        expect(Math.max(0, from + i - halo)).toBeGreaterThanOrEqual(from)
        expect(Math.min(size, from + i + halo + 1)).toBeLessThanOrEqual(from + mask.length)
      })
    }
    expect(counted.every((times) => times === 1)).toBe(true)
  })
})

test('a mask is as fine as it is asked to be', () => {
  expect(maskOf({ from: 4, length: 4, start: 5, end: 7 }, 2)).toEqual([0, 0, 1, 1, 1, 1, 0, 0])
})
