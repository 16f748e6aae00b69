import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { useOnnx } from '../testing/engines.ts'
import type { FlushReport } from './report.ts'

const reasons: (string | null)[] = []
beforeAll(() =>
  useOnnx({
    name: 'onnx-reasons',
    maxSessions: 2,
    onFlush: (report: FlushReport) => reasons.push(report.compileReason),
  }),
)
beforeEach(() => {
  reasons.length = 0
})

async function computed(make: () => tf.Tensor): Promise<void> {
  const result = tf.tidy(make)
  await result.data()
  result.dispose()
}

test('an attribute that changes is named, with both of its values', async () => {
  const x = tf.tensor1d([1, 2, 3, 4, 5])
  for (const begin of [0, 1, 1]) await computed(() => tf.slice(tf.exp(x), [begin], [3]))
  expect(reasons[0]).toBe('new structure')
  expect(reasons[1]).toMatch(/^new structure: like another but for Slice\(.*1.* where that has Slice\(.*0/)
  expect(reasons[2]).toBeNull()
  x.dispose()
})

test('a literal that changes is told, and costs one compile', async () => {
  const x = tf.tensor1d([1, 2])
  for (const by of [0.1, 0.2, 0.3]) await computed(() => tf.mul(tf.sin(x), by))
  expect(reasons.slice(1)).toEqual(['1 literal changed value', null])
  x.dispose()
})

test('a session that had to go for others is told of when it is made again', async () => {
  const x = tf.tensor1d([1, 2])
  const graphs = [() => tf.cos(x), () => tf.tan(x), () => tf.log(x), () => tf.cos(x)]
  for (const graph of graphs) await computed(graph)
  expect(reasons[3]).toBe('its session was released to keep within limits')
  x.dispose()
})
