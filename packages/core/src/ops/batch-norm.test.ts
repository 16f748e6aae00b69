import '@tensorflow/tfjs-backend-cpu'
import { noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { batchNorm } from './batch-norm.ts'
import './gradients.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const EPSILON = 1e-3

/** The definition, left to tfjs to differentiate. */
function plain(x: tf.Tensor4D, gamma: tf.Tensor1D, beta: tf.Tensor1D): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [0, 1, 2])
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON))), gamma), beta)
}

test('value, statistics and gradients agree with the definition', () => {
  const before = tf.memory().numTensors
  tf.tidy(() => {
    const x = tf.tensor4d(noise('x', 2 * 3 * 4 * 5, 2), [2, 3, 4, 5])
    const [gamma, beta] = [tf.tensor1d(noise('gamma', 5, 1)), tf.tensor1d(noise('beta', 5, 1))]
    const weights = tf.tensor4d(noise('dy', x.size, 1), x.shape)
    const of = (norm: typeof plain) =>
      tf.grads((x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
        tf.sum(tf.mul(norm(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D), weights)),
      )([x, gamma, beta])
    const ours = of((x, gamma, beta) => batchNorm(x, gamma, beta, EPSILON).y)
    for (const [i, expected] of of(plain).entries()) {
      const error = tf.max(tf.abs(tf.sub(ours[i]!, expected))).dataSync()[0]
      expect(error).toBeLessThan(2e-5)
    }
    const { y, mean, variance } = batchNorm(x, gamma, beta, EPSILON)
    expect(tf.max(tf.abs(tf.sub(y, plain(x, gamma, beta)))).dataSync()[0]).toBeLessThan(1e-5)
    const moments = tf.moments(x, [0, 1, 2])
    expect(tf.max(tf.abs(tf.sub(mean, moments.mean))).dataSync()[0]).toBeLessThan(1e-6)
    expect(tf.max(tf.abs(tf.sub(variance, moments.variance))).dataSync()[0]).toBeLessThan(1e-5)
  })
  expect(tf.memory().numTensors).toBe(before)
})
