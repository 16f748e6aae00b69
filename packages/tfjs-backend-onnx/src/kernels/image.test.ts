import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import type { OnnxBackend } from '../backend/backend.ts'
import { useOnnx } from '../testing/engines.ts'

let backend: OnnxBackend
beforeAll(async () => {
  backend = await useOnnx({ name: 'onnx-images' })
})

const images = () =>
  tf.tensor4d(
    Float32Array.from({ length: 2 * 5 * 6 * 3 }, (_, i) => Math.sin(i)),
    [2, 5, 6, 3],
  )

/** Values of both, which are disposed of. */
const equal = async (a: tf.Tensor, b: tf.Tensor) => {
  expect([...(await a.data())]).toEqual([...(await b.data())])
  tf.dispose([a, b])
}

test('each image of a batch is transformed by its own matrix, or all by one', async () => {
  // tfjs' CPU backend transforms the first image of a batch only, and cannot judge this.
  const x = images()
  const matrices = tf.tensor2d([1, 0.2, 0.3, -0.1, 1, 0.4, 0, 0, 0.7, 0.1, 1.3, 0.2, 0.9, -0.6, 0.01, 0.02], [2, 8])
  for (const count of [1, 2]) {
    const own = tf.slice(matrices, 0, count)
    const together = tf.image.transform(x, own, 'bilinear', 'reflect')
    const alone = tf.concat(
      [0, 1].map((i) =>
        tf.image.transform(tf.slice(x, i, 1), tf.slice(own, Math.min(i, count - 1), 1), 'bilinear', 'reflect'),
      ),
    )
    await equal(together, alone)
  }
})

test('a crop of the whole image at its own size is the image', async () => {
  const x = images()
  const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0, 1, 1], [2, 4])
  for (const method of ['bilinear', 'nearest'] as const)
    await equal(tf.image.cropAndResize(x, boxes, tf.tensor1d([0, 1], 'int32'), [5, 6], method, -1), tf.clone(x))
})

test('boxes and matrices of NaN read outside', async () => {
  const x = images()
  const nothing = tf.fill([1, 4], Number.NaN)
  const crop = tf.image.cropAndResize(x, tf.reshape(nothing, [1, 4]), tf.tensor1d([0], 'int32'), [2, 2], 'bilinear', 9)
  expect([...(await crop.data())]).toEqual(new Array(12).fill(9))
})

test('another angle is other data, and compiles nothing', async () => {
  const x = images()
  const turn = async (angle: number) => tf.image.rotateWithOffset(x, angle).data()
  await turn(0.1)
  const { compiles } = backend.stats
  const tensors = tf.engine().backend.numDataIds()
  for (const angle of [0.2, 0.3, 1]) await turn(angle)
  expect(backend.stats.compiles).toBe(compiles)
  expect(tf.engine().backend.numDataIds()).toBe(tensors + 3)
})
