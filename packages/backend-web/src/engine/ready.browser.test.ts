import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { openExtractor } from '../weights/open-models.ts'
import { ready } from './ready.ts'

test('before it, what makes tensors says to call it', async () => {
  await expect(openExtractor(new Blob([]))).rejects.toEqual(
    expect.objectContaining({ code: 'no-engine', message: expect.stringContaining('@stablesig/backend-web') }),
  )
})

test('arguments are checked before anything starts', async () => {
  // @ts-expect-error: as callers without types may have it
  await expect(ready({ device: 'cuda' })).rejects.toThrow('there are auto, webgpu, webgl, wasm, cpu')
  await expect(ready({ threads: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
  await expect(ready({ device: 'wasm', maxSessions: 0 })).rejects.toEqual(
    expect.objectContaining({ code: 'bad-argument', message: expect.stringMatching(/maxSessions is 0/) }),
  )
})

test('an engine starts once, says what it is, and computes', async () => {
  const [engine, same] = await Promise.all([ready(), ready()])
  expect(same).toBe(engine)
  expect(engine.reason).not.toBe('')
  // A software adapter is passed over; where this browser has a GPU that is what it takes.
  expect(engine.passedOver.every(({ reason }) => reason !== '')).toBe(true)
  const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1))
  expect([...(await sum.data())]).toEqual([2, 3])
  sum.dispose()
  expect(await ready({ device: engine.device })).toBe(engine)
  await expect(ready({ device: engine.device === 'cpu' ? 'wasm' : 'cpu' })).rejects.toEqual(
    expect.objectContaining({ code: 'no-engine', message: expect.stringMatching(/runs already/) }),
  )
  expect(tf.memory().numTensors).toBe(0)
})
