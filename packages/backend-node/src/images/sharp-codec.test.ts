import * as transforms from '@stablesig/core/transforms'
import { toUnitImages } from '@stablesig/images'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { ready } from '../engine/ready.ts'
import { sharpCodec } from './sharp-codec.ts'

beforeAll(async () => {
  await ready({ device: 'cpu' })
})

const picture = {
  name: 'waves',
  width: 61,
  height: 45,
  data: Uint8Array.from({ length: 61 * 45 * 3 }, (_, i) => 128 + 90 * Math.sin(0.04 * i) + 20 * Math.sin(0.9 * i)),
}

test.each([
  ['jpeg:90', 'jpeg:20'],
  ['jpeg:90,4:4:4', 'jpeg:90'],
  ['webp:90', 'webp:10'],
  ['avif:80', 'avif:10'],
])('%s keeps size and range and is nearer than %s; no tensor is left', async (better, worse) => {
  const images = toUnitImages([picture, picture])
  const before = tf.memory().numTensors
  const plain = await images.data()
  const error = async (spelling: string) => {
    const made = await transforms.applyTransforms(images, transforms.parseTransforms(spelling), { codec: sharpCodec() })
    expect(made.shape).toEqual([2, 45, 61, 3])
    const values = await made.data<'float32'>()
    made.dispose()
    return values.reduce((sum, value, i) => sum + (value - plain[i]!) ** 2, 0) / values.length
  }
  const [near, far] = [await error(better), await error(worse)]
  expect(near).toBeGreaterThan(0)
  expect(near).toBeLessThan(far)
  expect(tf.memory().numTensors).toBe(before)
  images.dispose()
})

test('what is not an image, and values that are not a number, are errors', async () => {
  await expect(sharpCodec().decode(Uint8Array.from([1, 2, 3]))).rejects.toMatchObject({ code: 'bad-image' })
  const images = tf.fill([1, 16, 16, 3], Number.NaN) as ReturnType<typeof toUnitImages>
  await expect(transforms.compress(images, sharpCodec(), { format: 'webp', quality: 80 })).rejects.toMatchObject({
    code: 'not-finite',
  })
  images.dispose()
})
