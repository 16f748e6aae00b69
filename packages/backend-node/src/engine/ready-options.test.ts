import { availableParallelism } from 'node:os'
import { OnnxBackend } from '@stablesig/tfjs-backend-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { ready } from './ready.ts'

test('options arrive at the backend, and more threads than there are is said not to be', async () => {
  const options = { device: 'cpu', threads: 5000, maxSessions: 1, maxPending: 3, passes: [] } as const
  const engine = await ready(options)
  const available = availableParallelism()
  expect(engine.threads).toBe(available)
  expect(engine.reason).toContain(`of 5000 threads asked for this process may use ${available}`)
  expect(await ready(options)).toBe(engine)

  const backend = tf.backend()
  if (!(backend instanceof OnnxBackend)) throw new Error('another backend')
  const compute = async (f: (x: tf.Tensor1D) => tf.Tensor1D) => {
    const y = tf.tidy(() => f(tf.tensor1d([1, 2, 3])))
    await y.data()
    y.dispose()
  }
  // Of one session at most the second graph takes the place of the first.
  for (const f of [tf.exp, tf.sin, tf.exp] as const) await compute(f)
  expect(backend.stats).toMatchObject({ flushes: 3, compiles: 3 })
  // Of three operations at most a chain of six is computed in two graphs.
  await compute((x) => [1, 2, 3, 4, 5, 6].reduce<tf.Tensor1D>((y, n) => tf.add(y, n), x))
  expect(backend.stats.flushes).toBeGreaterThanOrEqual(5)
})
