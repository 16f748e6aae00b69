import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'

test('registers gradients, a second time without a word', async () => {
  const warn = vi.spyOn(console, 'warn')
  expect(tf.getGradient('Sum')).toBeUndefined()
  await import('./index.ts')
  vi.resetModules()
  await import('./index.ts')
  expect(warn).not.toHaveBeenCalled()
  warn.mockRestore()
  const gradient = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, -2, 3]))
  expect([...(await gradient.data())]).toEqual([2, -4, 6])
})
