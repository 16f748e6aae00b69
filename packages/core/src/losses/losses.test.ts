import '@tensorflow/tfjs-backend-cpu'
import { noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { asUnit } from '../signal/images.ts'
import { mse } from './image.ts'
import { messageLoss } from './message.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** Gradient by x of a scalar function against central differences, with the function in double precision. */
async function expectGradient(x: tf.Tensor, loss: () => tf.Scalar, exact: (values: number[]) => number) {
  const { gradients, loss: value } = valueAndGradients(() => ({ loss: loss(), aux: {} }), { x })
  const values = Array.from(await x.data())
  expect((await value.data())[0]).toBeCloseTo(exact(values), 5)
  for (const [i, got] of (await gradients.x!.data()).entries()) {
    const at = (shift: number) => exact(values.with(i, values[i]! + shift))
    expect(got).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 5)
  }
}

describe('messageLoss', () => {
  const key = [1, 0, 1]
  test.each([1, 2])('is cross-entropy, and so is its gradient, with a key of %i rows', async (rows) => {
    const bits = Array.from({ length: rows }, () => key)
    const x = tf.tensor2d(noise('logits', 6, 0.3), [2, 3])
    await expectGradient(
      x,
      () => messageLoss(x, tf.tensor2d(bits), 10),
      (values) => {
        const each = values.map((v, i) => Math.log1p(Math.exp(key[i % 3] ? -10 * v : 10 * v)))
        return each.reduce((a, b) => a + b, 0) / 6
      },
    )
  })
  test('stays finite where the exponential would overflow', async () => {
    const loss = messageLoss(tf.tensor2d([[1e4, -1e4]]), tf.tensor2d([[0, 0]]))
    expect((await loss.data())[0]).toBe(5e4)
  })
  test('refuses a key of another length', () => {
    expect(() => messageLoss(tf.zeros([2, 3]), tf.zeros([1, 4]))).toThrow(/\[1, 3\] or \[2, 3\]/)
    expect(() => messageLoss(tf.zeros([2, 3]), tf.zeros([3, 3]))).toThrow(/\[1, 3\] or \[2, 3\]/)
  })
})

describe('mse', () => {
  test('is that of images on [-1, 1], unclamped', async () => {
    const original = Array.from(noise('original', 12, 0.8))
    const x = asUnit(tf.tensor4d(noise('signed', 12, 0.8), [2, 2, 1, 3]))
    const y = asUnit(tf.tensor4d(original, [2, 2, 1, 3]))
    await expectGradient(
      x,
      () => mse().of(x, y),
      (values) => values.reduce((sum, v, i) => sum + (2 * v - 2 * original[i]!) ** 2, 0) / 12,
    )
  })
  test('refuses images of different shapes before broadcasting hides it', () => {
    expect(() => mse().of(asUnit(tf.zeros([2, 4, 4, 3])), asUnit(tf.zeros([1, 4, 4, 3])))).toThrow(/equal/)
  })
})
