import { expect, test } from 'vitest'
import { jpegQuality } from './jpeg-quality.ts'
import { jpegTables } from './jpeg-tables.ts'

test('every quality is known by its own tables, with chroma or without', () => {
  // Below 2 all steps but a few are cut to 255; quality 1 and 2 still differ.
  for (let quality = 1; quality <= 100; quality++) {
    const { luma, chroma } = jpegTables(quality)
    expect(jpegQuality(luma, chroma)).toEqual({ quality, distance: 0 })
    expect(jpegQuality(luma)).toEqual({ quality, distance: 0 })
  }
})

test('other tables lie at a distance from the nearest quality', () => {
  const { luma, chroma } = jpegTables(80)
  const nudged = luma.map((step, i) => step + (i % 7 === 0 ? 1 : 0))
  const near = jpegQuality(nudged, chroma)
  expect(near.quality).toBe(80)
  expect(near.distance).toBeGreaterThan(0)
  expect(near.distance).toBeLessThan(0.05)
  expect(jpegQuality(Array(64).fill(20)).distance).toBeGreaterThan(0.3)
})

test('refuses what is not a table', () => {
  expect(() => jpegQuality([1, 2, 3])).toThrow('luma: expected 64 quantisation steps')
  expect(() => jpegQuality(jpegTables(50).luma, Array(64).fill(0))).toThrow('chroma: expected 64')
})
