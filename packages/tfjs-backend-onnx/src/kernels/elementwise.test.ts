import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { checkShapes } from '../testing/checked-graph.ts'
import { useOnnx } from '../testing/engines.ts'

let markConstant: (tensor: tf.Tensor) => void

beforeAll(async () => {
  checkShapes()
  const backend = await useOnnx({ name: 'onnx-elementwise' })
  markConstant = ({ dataId }) => backend.hints.markConstant(dataId)
})

test('where chooses between booleans, also where the condition is one for all', async () => {
  const [a, b] = [tf.tensor1d([true, true, false, false]), tf.tensor1d([true, false, true, false])]
  const made = tf.tidy(() => [
    tf.where(tf.tensor1d([true, false, true, false]), a, b),
    tf.where(tf.scalar(true), a, b),
    tf.where(tf.scalar(false), a, b),
  ])
  const values = await Promise.all(made.map(async (t) => Array.from(await t.data())))
  expect(values).toEqual([
    [1, 0, 0, 0],
    [1, 1, 0, 0],
    [1, 0, 1, 0],
  ])
  tf.dispose([a, b, ...made])
})

test('batch normalisation with constants of which one is the same for all channels', async () => {
  const x = tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2])
  const constants = [
    [0.5, 1],
    [4, 4],
    [0, 1],
    [2, 6],
  ].map((values) => tf.tensor1d(values))
  for (const constant of constants) markConstant(constant)
  const [mean, variance, offset, scale] = constants as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]
  const made = tf.tidy(() => tf.batchNorm(x, mean, variance, offset, scale, 0))
  expect(Array.from(await made.data())).toEqual([0.5, 4, 2.5, 10])
  tf.dispose([x, made, ...constants])
})

test('integers divided by 0 are 0, in one element or all, compiled in or fed', async () => {
  const x = tf.tensor1d([7, -7, 0], 'int32')
  for (const [divisors, quotients, remainders] of [
    [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
    [
      [2, 0, 3],
      [3, 0, 0],
      [1, 0, 0],
    ],
    [
      [0, 2, 0],
      [0, -4, 0],
      [0, 1, 0],
    ],
  ] as const) {
    const y = tf.tensor1d([...divisors], 'int32')
    const made = tf.tidy(() => [tf.floorDiv(x, y), tf.mod(x, y)])
    expect(await Promise.all(made.map(async (t) => Array.from(await t.data())))).toEqual([quotients, remainders])
    tf.dispose([y, ...made])
  }
  x.dispose()
})

test('integers are rectified, and clipped after', async () => {
  const x = tf.tensor1d([-3, 0, 2, 9], 'int32')
  const made = tf.tidy(() => [tf.clipByValue(tf.relu(x), 1, 5), tf.step(x)])
  expect(await Promise.all(made.map(async (t) => Array.from(await t.data())))).toEqual([
    [1, 1, 2, 5],
    [0, 0, 1, 1],
  ])
  tf.dispose([x, ...made])
})
