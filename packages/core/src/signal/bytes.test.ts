import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { bytesToUnit, unitToBytes } from './bytes.ts'

test('values are clamped and rounded half up', () => {
  expect([...unitToBytes([-0.2, 0, 0.5, 1, 1.7, 0.499])]).toEqual([0, 0, 128, 255, 255, 127])
})

test('every level comes back', async () => {
  await tf.setBackend('cpu')
  const levels = Uint8Array.from({ length: 768 }, (_, i) => i % 256)
  const images = bytesToUnit(levels, [1, 16, 16, 3])
  expect(unitToBytes(await images.data<'float32'>())).toEqual(levels)
  images.dispose()
})

test('as many bytes as the shape says, of RGB', () => {
  const shape = expect.objectContaining({ code: 'shape' })
  expect(() => bytesToUnit(new Uint8Array(11), [1, 2, 2, 3])).toThrow(shape)
  expect(() => bytesToUnit(new Uint8Array(4), [1, 2, 2, 1])).toThrow(shape)
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s is an error and no level', (value) => {
  expect(() => unitToBytes([0, value], { name: 'picture 3' })).toThrow(
    expect.objectContaining({
      code: 'not-finite',
      message: `picture 3: value 2 of 2 is ${value}, expected finite values around [0, 1]`,
    }),
  )
})
