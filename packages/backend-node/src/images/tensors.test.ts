import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UnitImages } from '@stablesig/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { crop, type Pixels, padToMultiple, toPixels, toUnitImages } from '@stablesig/images'
import { afterAll, expect, test } from 'vitest'
import { imageSet } from './image-set.ts'
import { readImage } from './read-image.ts'
import { writePng } from './write-png.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-tensors-'))
afterAll(() => rmSync(folder, { recursive: true }))
const image = (name: string, width: number, height: number): Pixels => ({
  name,
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256),
})

test('pixels to a batch and back are the same pixels', async () => {
  const images = [image('a', 4, 3), image('b', 4, 3)]
  const batch = toUnitImages(images)
  expect(batch.shape).toEqual([2, 3, 4, 3])
  expect(await toPixels(batch, ['a', 'b'])).toEqual(images)
  batch.dispose()
  expect(() => toUnitImages([image('a', 4, 3), image('b', 3, 4)])).toThrow(
    'b is 3x4, but the batch began with a at 4x3',
  )
  // What lacks is not black.
  const short = { ...image('a', 4, 3), data: new Uint8Array(33) }
  expect(() => toUnitImages([short])).toThrow('a has 33 bytes, expected 36 for 4x3 pixels of RGB')
})

test('values beyond the range are clamped; what is not finite is an error that names the image', async () => {
  const [pixels] = await toPixels(tf.tensor4d([-0.2, 1.7, 0.5], [1, 1, 1, 3]) as UnitImages, ['a'])
  expect([...pixels!.data]).toEqual([0, 255, 128])
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const two = tf.tensor4d([0, 0, 0, 0, value, 0], [2, 1, 1, 3]) as UnitImages
    await expect(toPixels(two, ['a', 'b'])).rejects.toMatchObject({
      code: 'not-finite',
      message: `b: value 2 of 3 is ${value}, expected finite values around [0, 1]`,
    })
    two.dispose()
  }
})

test('padding repeats the last column and row, and cropping undoes it', () => {
  const original = image('a', 5, 3)
  const padded = padToMultiple(original, 4)
  expect([padded.width, padded.height]).toEqual([8, 4])
  expect(crop(padded, 0, 0, 5, 3)).toEqual(original)
  const at = (x: number, y: number) => [...padded.data.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)]
  expect(at(7, 1)).toEqual(at(4, 1))
  expect(at(2, 3)).toEqual(at(2, 2))
  expect(at(7, 3)).toEqual(at(4, 2))
  expect(padToMultiple(original, 1)).toBe(original)
})

test('a PNG reads back as written, and a set reads it at a size', async () => {
  const path = join(folder, 'a.png')
  const original = image(path, 9, 6)
  await writePng(path, original)
  expect(await readImage(path)).toEqual(original)
  expect(readdirSync(folder)).toEqual(['a.png'])
  const set = imageSet([path])
  const before = tf.memory().numTensors
  const batch = await set.read(0, 6)
  expect(batch.shape).toEqual([1, 6, 6, 3])
  expect(await toPixels(batch, [path])).toEqual([crop(original, 1, 0, 6, 6)])
  batch.dispose()
  await expect(set.read(1, 6)).rejects.toMatchObject({ code: 'range' })
  expect(tf.memory().numTensors).toBe(before)
})
