import { expect, test } from 'vitest'
import { fitWithin } from './fit-within.ts'
import type { Pixels } from './pixels.ts'
import { resize } from './resize.ts'

const image = (width: number, height: number): Pixels => ({
  name: 'a',
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 251),
})
const sizeOf = ({ width, height }: Pixels) => [width, height]

test('the longer side becomes maxSide, the shorter one in proportion, and nothing grows', () => {
  expect(sizeOf(fitWithin(image(40, 30), 20))).toEqual([20, 15])
  expect(sizeOf(fitWithin(image(30, 41), 20))).toEqual([15, 20])
  expect(sizeOf(fitWithin(image(400, 3), 20))).toEqual([20, 1])
  const small = image(20, 10)
  expect(fitWithin(small, 20)).toBe(small)
  expect(fitWithin(small, Infinity)).toBe(small)
  expect(fitWithin(image(40, 30), 20)).toEqual(resize(image(40, 30), 20, 15))
})

test('a size that is none is refused', () => {
  for (const maxSide of [0, -1, 2.5, Number.NaN])
    expect(() => fitWithin(image(4, 4), maxSide)).toThrow('maxSide must be a positive whole number of pixels')
})
