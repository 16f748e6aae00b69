import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { ready } from './ready.ts'

test('arguments are checked before anything starts', async () => {
  await expect(ready({ threads: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
  await expect(ready({ threads: 1.5 })).rejects.toMatchObject({ code: 'bad-argument' })
})

test('cpu starts once, says what it is, and computes', async () => {
  const engine = await ready({ device: 'cpu', threads: 1 })
  expect(engine).toMatchObject({ device: 'cpu', threads: 1, reason: expect.stringContaining('asked for') })
  expect(engine.engine).toMatch(/^onnxruntime-node \d+\.\d+\.\d+ \(cpu\)$/)
  expect(tf.getBackend()).toBe('onnx')
  const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1))
  expect([...(await sum.data())]).toEqual([2, 3])
  sum.dispose()
  expect(await ready()).toBe(engine)
  expect(await ready({ device: 'cpu' })).toBe(engine)
})

test('another device or number of threads is refused while one runs', async () => {
  await ready({ device: 'cpu', threads: 1 })
  await expect(ready({ device: 'cuda' })).rejects.toMatchObject({ code: 'no-engine' })
  await expect(ready({ threads: 2 })).rejects.toMatchObject({ code: 'no-engine' })
  await expect(ready({ frozenWeights: 'fed' })).rejects.toMatchObject({ code: 'no-engine' })
  expect(await ready({ frozenWeights: 'compiled' })).toMatchObject({ threads: 1 })
})
