import { expect, test } from 'vitest'
import { DRAWN_PICTURES, drawnPicture } from './drawn-pictures.ts'

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

test('pictures are opaque, the same each time, and no two are alike', () => {
  const pictures = Array.from({ length: DRAWN_PICTURES }, (_, i) => drawnPicture(i, 32))
  expect(drawnPicture(3, 32)).toEqual(pictures[3])
  expect(new Set(pictures.map((picture) => picture.join())).size).toBe(DRAWN_PICTURES)
  for (const picture of pictures) {
    expect(picture.filter((_, at) => at % 4 === 3).every((alpha) => alpha === 255)).toBe(true)
    const levels = picture.filter((_, at) => at % 4 !== 3)
    const middle = mean(levels)
    expect(
      Math.sqrt(mean([...levels].map((level) => (level - middle) ** 2))),
      'a flat picture trains nothing',
    ).toBeGreaterThan(10)
  }
})

test('a larger one shows the same', () => {
  const [small, large] = [drawnPicture(0, 16), drawnPicture(0, 64)]
  const differences = Array.from({ length: 256 }, (_, at) => {
    const [column, row] = [at % 16, Math.floor(at / 16)]
    const block = Array.from(
      { length: 16 },
      (_, i) => large[4 * ((4 * row + Math.floor(i / 4)) * 64 + 4 * column + (i % 4))] ?? 0,
    )
    return Math.abs((small[4 * at] ?? 0) - mean(block))
  })
  expect(mean(differences)).toBeLessThan(12)
})
