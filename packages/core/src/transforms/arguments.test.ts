import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { asUnit } from '../signal/images.ts'
import * as transforms from './index.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const images = () => asUnit(tf.fill([1, 6, 8, 3], 0.5))

test.each<[string, (x: ReturnType<typeof images>) => unknown, string]>([
  ['a crop that leaves no pixel', (x) => transforms.centerCrop(x, { fraction: 0.001 }), 'leaves 0x0'],
  ['a crop beyond the image', (x) => transforms.centerCrop(x, { fraction: 1.5 }), 'up to 1'],
  ['a box elsewhere', (x) => transforms.crop(x, { top: 9, left: 0, height: 2, width: 2 }), 'lies outside'],
  ['a side that is not whole', (x) => transforms.resize(x, { height: 2.5, width: 4 }), 'height of resize is 2.5'],
  ['an angle that is NaN', (x) => transforms.rotate(x, { angle: Number.NaN }), 'finite number of degrees'],
  ['a negative factor', (x) => transforms.brightness(x, { factor: -1 }), 'factor of brightness is -1'],
  ['an even kernel', (x) => transforms.medianBlur(x, { kernel: 4 }), 'odd whole number'],
  ['a blur wider than the image', (x) => transforms.gaussianBlur(x, { sigma: 9 }), 'smaller kernel or larger images'],
  ['a hue of a whole turn', (x) => transforms.hue(x, { shift: 1 }), '-0.5 to 0.5'],
  ['a quality of 0', (x) => transforms.differentiableJpeg(x, { quality: 0 }), '1 to 100'],
  ['a character without a glyph', (x) => transforms.textOverlay(x, { text: 'a€' }), 'U+20ac'],
  ['grey images', () => transforms.grayscale(asUnit(tf.zeros([1, 4, 4, 1]))), '[N, H, W, 3]'],
  ['places on one line', (x) => perspectiveOnALine(x), 'on one line'],
])('%s is refused', (_, run, message) => {
  const x = images()
  expect(() => run(x)).toThrow(message)
})

const perspectiveOnALine = (x: ReturnType<typeof images>) => {
  const line: transforms.Corners = [
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
  ]
  return transforms.perspective(x, { start: line, end: line })
}

test('area sides are cut, offsets round a half to even', () => {
  expect(transforms.areaSides({ height: 333, width: 500 }, 0.5)).toEqual({ height: 235, width: 353 })
  expect([5, 7, 9].map((outer) => transforms.centerOffset(outer, 0))).toEqual([2, 4, 4])
})

test('taps of a resize sum to 1, also where they are cut off at the edge', () => {
  for (const mode of ['bilinear', 'bicubic'] as const)
    for (const antialias of [true, false])
      for (const outputs of [3, 7, 11, 30])
        for (const { from, weights } of transforms.resizeTaps(11, outputs, mode, antialias)) {
          expect(from).toBeGreaterThanOrEqual(0)
          expect(from + weights.length).toBeLessThanOrEqual(11)
          expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
        }
})

test('text covers what its glyphs cover and is cut off at the edge', async () => {
  const x = images()
  const written = transforms.textOverlay(x, { text: 'L', size: 1, left: 0, top: 0, colour: [1, 0, 0] })
  const values = await written.data()
  const red = Array.from({ length: 6 }, (_, row) =>
    Array.from({ length: 8 }, (_, column) => (values[(row * 8 + column) * 3] === 1 ? '#' : '.')).join(''),
  )
  // Six of seven rows fit: the foot of the L is cut off.
  expect(red).toEqual(Array(6).fill('#.......'))
  expect([...values.slice(0, 6)]).toEqual([1, 0, 0, 0.5, 0.5, 0.5])
})
