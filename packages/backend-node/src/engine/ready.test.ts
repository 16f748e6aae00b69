import { join } from 'node:path'
import { toUnitImages } from '@stablesig/images'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { openExtractor } from '../models/open-models.ts'
import { ready } from './ready.ts'

test('before it, what makes tensors says to call it', async () => {
  const callReady = expect.objectContaining({ code: 'no-engine', message: expect.stringContaining('call ready()') })
  expect(() => toUnitImages([{ name: 'black', width: 1, height: 1, data: new Uint8Array(3) }])).toThrow(callReady)
  const extractor = join(
    import.meta.dirname,
    '../../../../goldens/fixtures/finetune/small-square-extractor.safetensors',
  )
  await expect(openExtractor(extractor)).rejects.toEqual(callReady)
})

test('arguments are checked before anything starts', async () => {
  await expect(ready({ threads: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
  await expect(ready({ threads: 1.5 })).rejects.toMatchObject({ code: 'bad-argument' })
})

// As callers without types may have them.
test.each([
  ['maxSessions', 0, /maxSessions is 0, expected a whole number of at least 1/],
  ['maxSessions', '3', /maxSessions is '3'/],
  ['maxPending', 0.5, /maxPending is 0\.5/],
  ['maxConstantBytes', -1, /maxConstantBytes is -1, expected a whole number of at least 0/],
  ['maxIdleBytes', Number.NaN, /maxIdleBytes is NaN/],
  ['maxPoolBytes', null, /maxPoolBytes is null/],
  ['passes', ['fast'], /passes names "fast"; there are layout/],
  ['passes', 'layout', /passes is not a list/],
])('%s: %s is refused', async (name, value, message) => {
  await expect(ready({ [name]: value })).rejects.toEqual(
    expect.objectContaining({ code: 'bad-argument', message: expect.stringMatching(message) }),
  )
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
  await expect(ready({ maxSessions: 3 })).rejects.toThrow(/runs already with maxSessions 12, not 3/)
  await expect(ready({ passes: ['layout'] })).rejects.toThrow(
    /runs already with passes as it is by default, not layout/,
  )
  expect(await ready({ frozenWeights: 'compiled' })).toMatchObject({ threads: 1 })
})
