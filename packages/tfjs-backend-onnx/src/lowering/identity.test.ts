import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { hashOf } from '../recording/flush.ts'
import { useOnnx } from '../testing/engines.ts'

/* Computations that are alike in almost all, and must not be taken for one another by any key. */

beforeAll(async () => {
  await useOnnx({ name: 'onnx-identity' })
})

const square = () =>
  tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ])

describe('computations that differ in one thing are not one', () => {
  test('a row and a column of a square, which begin alike and end in one shape', async () => {
    const x = square()
    const row = tf.tidy(() => tf.stridedSlice(x, [0, 0], [1, 3], [1, 1], 0, 0, 0, 0, 1))
    expect(Array.from(await row.data())).toEqual([1, 2, 3])
    const column = tf.tidy(() => tf.stridedSlice(x, [0, 0], [3, 1], [1, 1], 0, 0, 0, 0, 2))
    expect(Array.from(await column.data())).toEqual([1, 4, 7])
    tf.dispose([x, row, column])
  })

  test('borders of 0 and of -0', async () => {
    const x = square()
    const signs = async (fill: number) => {
      const padded = tf.tidy(() =>
        tf.div(
          1,
          tf.slice(
            tf.pad(
              x,
              [
                [1, 0],
                [0, 0],
              ],
              fill,
            ),
            [0, 0],
            [1, 3],
          ),
        ),
      )
      const values = await padded.data()
      padded.dispose()
      return Array.from(values)
    }
    expect(await signs(0)).toEqual([1, 1, 1].map(() => Number.POSITIVE_INFINITY))
    expect(await signs(-0)).toEqual([1, 1, 1].map(() => Number.NEGATIVE_INFINITY))
    x.dispose()
  })

  test('the forward value of max pooling beside its gradient', async () => {
    const x = tf.tensor4d([1, 5, 2, 3], [1, 2, 2, 1])
    const f = (v: tf.Tensor) => {
      const pooled = tf.maxPool(tf.reshape<tf.Rank.R4>(v, [1, 2, 2, 1]), 2, 2, 'valid')
      return tf.sum<tf.Scalar>(tf.mul(pooled, pooled))
    }
    const { value, grad } = tf.valueAndGrad(f)(x)
    expect(Array.from(await value.data())).toEqual([25])
    expect(Array.from(await grad.data())).toEqual([0, 10, 0, 0])
    tf.dispose([x, value, grad])
  })

  test('constants whose hash is compared: changing two signs changes both halves of it', () => {
    const words = (values: readonly number[]) => new Int32Array(Float32Array.from(values).buffer)
    const variants = [
      [1, 2, 3, 4],
      [-1, -2, 3, 4],
      [-1, 2, -3, 4],
      [1, 2, -3, -4],
      [-1, -2, -3, -4],
    ]
    const halves = variants.map((values) => hashOf(words(values)).split('.'))
    for (const half of [0, 1]) expect(new Set(halves.map((parts) => parts[half])).size).toBe(variants.length)
  })
})
