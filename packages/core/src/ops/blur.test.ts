import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { blurDown2 } from './blur.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test('halves the resolution, keeps what is flat, and removes the finest checkerboard', () => {
  const before = tf.memory().numTensors
  tf.tidy(() => {
    const inner = (x: tf.Tensor4D) => tf.slice(blurDown2(x), [0, 1, 1, 0], [1, 2, 3, 1]).dataSync()
    const flat = tf.fill([1, 8, 10, 1], 0.25) as tf.Tensor4D
    expect(blurDown2(flat).shape).toEqual([1, 4, 5, 1])
    for (const value of inner(flat)) expect(value).toBeCloseTo(0.25, 6)
    const board = Float32Array.from({ length: 80 }, (_, i) => ((Math.floor(i / 10) + i) % 2 ? 1 : -1))
    for (const value of inner(tf.tensor4d(board, [1, 8, 10, 1]))) expect(value).toBeCloseTo(0, 6)
  })
  expect(tf.memory().numTensors).toBe(before)
})
