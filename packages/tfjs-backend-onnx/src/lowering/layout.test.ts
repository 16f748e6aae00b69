import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import type { FlushReport } from '../backend/report.ts'
import { useOnnx } from '../testing/engines.ts'

/** Two convolutions, what lies between them, a group norm and a mean: values, and how often something is transposed. */
async function computed(name: string, passes: ['layout'] | []): Promise<{ values: number[]; transposes: number }> {
  const reports: FlushReport[] = []
  await useOnnx({ name, passes, onFlush: (report) => reports.push(report) })
  const [x, first, second] = [
    tf.randomUniform<tf.Rank.R4>([2, 6, 5, 4], -1, 1, 'float32', 1),
    tf.randomUniform<tf.Rank.R4>([3, 3, 4, 8], -1, 1, 'float32', 2),
    tf.randomUniform<tf.Rank.R4>([3, 3, 8, 4], -1, 1, 'float32', 3),
  ]
  const result = tf.tidy(() => {
    const h = tf.relu(tf.conv2d(x, first, 1, 'same'))
    const groups = tf.reshape(h, [2, 30, 2, 4])
    const normed = tf.reshape<tf.Rank.R4>(tf.sub(groups, tf.mean(groups, [1, 3], true)), [2, 6, 5, 8])
    return tf.mean(tf.conv2d(tf.mul<tf.Tensor4D>(normed, normed), second, 1, 'same'), [1, 2])
  })
  const values = Array.from(await result.data())
  tf.dispose([x, first, second, result])
  return { values, transposes: reports.at(-1)!.operators.Transpose ?? 0 }
}

test('layout: images are turned once on their way in, filters once each, and nothing in between', async () => {
  const lazy = await computed('onnx-layout', ['layout'])
  const plain = await computed('onnx-no-layout', [])
  expect(lazy.transposes).toBe(3)
  expect(plain.transposes).toBeGreaterThan(lazy.transposes)
  for (const [i, value] of plain.values.entries()) expect(lazy.values[i]).toBeCloseTo(value, 5)
})
