import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, expect, expectTypeOf, test } from 'vitest'
import { asUnitImages } from './as-unit-images.ts'
import type { UnitImage, UnitImages } from './images.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})
beforeEach(() => {
  const alive = tf.memory().numTensors
  return () => expect(tf.memory().numTensors).toBe(alive)
})

test('gives the same tensor, by the type of its range', async () => {
  const batch = tf.tensor4d([0, 1, 0.5, -0.001, 1.001, 0.2], [2, 1, 1, 3])
  const image = tf.tensor3d([0, 1, 0.5], [1, 1, 3])
  expect(await asUnitImages(batch)).toBe(batch)
  expect(await asUnitImages(image)).toBe(image)
  expectTypeOf(asUnitImages(batch)).resolves.toEqualTypeOf<UnitImages>()
  expectTypeOf(asUnitImages(image)).resolves.toEqualTypeOf<UnitImage>()
  expectTypeOf(batch).not.toExtend<UnitImages>()
  tf.dispose([batch, image])
})

test.each<[string, () => tf.Tensor, RegExp]>([
  ['range', () => tf.tensor3d([0, 1, -0.01], [1, 1, 3]), /found -0\.0100 to 1\.00.*signedToUnit/],
  ['range', () => tf.tensor3d([0, 128, 255], [1, 1, 3]), /found 0\.00 to 255.*divide/],
  [
    'not-finite',
    () => tf.tensor4d([0, 0, 0, 0, 0, 0, 0, Number.NaN, 0], [3, 1, 1, 3]),
    /NaN at image 2, row 0, column 0/,
  ],
  [
    'not-finite',
    () => tf.tensor3d([0, 0, 0, 0, Number.POSITIVE_INFINITY, 0], [1, 2, 3]),
    /Infinity at row 0, column 1/,
  ],
  ['shape', () => tf.zeros([1, 2, 2, 4]), /\[1,2,2,4\]/],
  ['shape', () => tf.zeros([2, 3]), /\[2,3\]/],
  ['bad-argument', () => tf.zeros([1, 2, 3], 'int32'), /int32/],
])('%s', async (code, make, message) => {
  const images = make()
  await expect(asUnitImages(images as tf.Tensor4D)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  })
  images.dispose()
  await expect(asUnitImages(images as tf.Tensor4D)).rejects.toMatchObject({ code: 'disposed' })
})

test('what is not a tensor is a bad argument', async () => {
  await expect(asUnitImages([[0, 0, 0]] as unknown as tf.Tensor4D)).rejects.toMatchObject({ code: 'bad-argument' })
})
