import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test, vi } from 'vitest'
import { useOnnx } from '../testing/engines.ts'

const warn = vi.spyOn(console, 'warn')
beforeAll(() => useOnnx({ name: 'onnx-gradients' }))

test('the package brings the gradients that tfjs-core leaves out, and one name registered twice warns of nothing', async () => {
  const gradient = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, -2, 3]))
  expect([...(await gradient.data())]).toEqual([2, -4, 6])
  gradient.dispose()
  await useOnnx({ name: 'onnx-gradients-again' })
  expect(warn).not.toHaveBeenCalled()
})

test('an einsum and its gradient are those of the products and sums that it stands for', async () => {
  const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])
  const b = tf.tensor1d([7, 8])
  const [whole, parts] = [
    (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.square(tf.einsum('ij,k->i', x, y))),
    (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.square(tf.mul(tf.sum(x, 1), tf.sum(y)))),
  ].map((f) => tf.valueAndGrads((x: tf.Tensor, y: tf.Tensor) => tf.reshape(f(x, y), []))([a, b]))
  const values = ({ value, grads }: typeof whole & {}) =>
    Promise.all([value, ...grads].map(async (t) => [...(await t.data())]))
  expect(await values(whole!)).toEqual(await values(parts!))
})

test('an equation that does not fit its tensors is refused with the letters it is about', () => {
  expect(() => tf.einsum('ij,jk->ik', tf.ones([2, 3]), tf.ones([4, 2]))).toThrow(/Einsum: "j" of lengths 3 and 4/)
  expect(() => tf.einsum('ij->j', tf.ones([2]))).toThrow(/Einsum: "ij" for a tensor \[2\]/)
})
