import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import cases from './fixtures/resize.json' with { type: 'json' }
import type { Pixels } from './pixels.ts'
import { centreSquare, resize } from './resize.ts'

/** The generator of fixtures/resize.py. */
function noise(seed: number, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3)
  let x = seed
  for (let i = 0; i < data.length; i++) {
    x = (Math.imul(1103515245, x) + 12345) & 0x7fffffff
    data[i] = x >> 16
  }
  return { name: 'noise', width, height, data }
}
const digest = (image: Pixels) => createHash('sha256').update(image.data).digest('hex')

test.each(cases)(
  '$from -> $to and a square of $size are Pillow’s to the byte',
  ({ seed, from, to, resized, size, square }) => {
    const image = noise(seed, from[0]!, from[1]!)
    expect(digest(resize(image, to[0]!, to[1]!))).toBe(resized)
    const cut = centreSquare(image, size)
    expect([cut.width, cut.height]).toEqual([size, size])
    expect(digest(cut)).toBe(square)
  },
)

test('a white image stays white at every scale', () => {
  const white = { name: 'white', width: 61, height: 43, data: new Uint8Array(61 * 43 * 3).fill(255) }
  for (const side of [3, 17, 43, 100]) expect(centreSquare(white, side).data.every((v) => v === 255)).toBe(true)
})

test('a size that is no positive whole number is refused', () => {
  const image = noise(1, 4, 4)
  for (const size of [0, -1, 1.5, Number.NaN]) expect(() => centreSquare(image, size)).toThrow(/positive whole number/)
})
