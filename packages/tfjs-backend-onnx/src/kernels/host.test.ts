import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { registerOnnxBackend } from '../backend/register.ts'
import { nodeRuntime } from '../node/onnxruntime.ts'
import { SlowRuntime } from '../testing/fake-runtime.ts'

beforeAll(async () => {
  registerOnnxBackend(new SlowRuntime(await nodeRuntime()), { name: 'onnx-host' })
  await tf.setBackend('onnx-host')
})

test('what must be read at once says so where the runtime cannot, and works on what has been computed', async () => {
  const x = tf.add(tf.tensor1d([1, 2, 1]), tf.tensor1d([1, 1, 1]))
  expect(() => tf.unique(x)).toThrow(
    expect.objectContaining({
      code: 'no-sync-read',
      message: expect.stringMatching(/^Unique: .*input "x".* not computed yet; await data\(\) of its inputs before it/),
    }),
  )
  await x.data()
  const { values, indices } = tf.unique(x)
  expect([values!.dataSync(), indices!.dataSync()].map((v) => [...v])).toEqual([
    [2, 3],
    [0, 1, 0],
  ])
  tf.dispose([x, values!, indices!])
})
