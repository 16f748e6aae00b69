import { describe, expect, test } from 'vitest'
import { resample } from './resample.ts'

/** A picture whose channels are x, y and a constant. */
const ramp = (width: number, height: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return [pixel % width, Math.floor(pixel / width), 77][i % 3] ?? 0
  }),
})

describe('resample', () => {
  test('takes a window as it is where the size is its own, and mirrors it', () => {
    const window = { left: 3, top: 5, side: 8 }
    const plain = resample(ramp(20, 16), window, 8)
    const mirrored = resample(ramp(20, 16), window, 8, true)
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) {
        expect(Array.from(plain.slice((y * 8 + x) * 3, (y * 8 + x) * 3 + 3))).toEqual([3 + x, 5 + y, 77])
        expect(mirrored[(y * 8 + x) * 3]).toBe(3 + 7 - x)
      }
  })

  test('reduces with the mean kept and an alternating pattern gone', () => {
    const reduced = resample(ramp(32, 32), { left: 0, top: 0, side: 32 }, 8)
    const middle = (3 * 8 + 3) * 3
    expect(reduced[middle]).toBeCloseTo(3.5 * 4 - 0.5, 4)
    expect(reduced[middle + 2]).toBeCloseTo(77, 4)
    const stripes = {
      width: 32,
      height: 32,
      data: new Uint8Array(32 * 32 * 3).map((_, i) => (Math.floor(i / 3) % 2) * 200),
    }
    const grey = resample(stripes, { left: 0, top: 0, side: 32 }, 8)
    expect(grey[middle]).toBeCloseTo(100, 0)
  })
})
