import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { useOnnx } from '../testing/engines.ts'
import type { OnnxBackend } from './backend.ts'
import { AFTERWARDS } from './hints.ts'
import type { FlushReport } from './report.ts'

let backend: OnnxBackend
const reports: FlushReport[] = []
beforeAll(async () => {
  backend = await useOnnx({ name: 'onnx-hints', onFlush: (report) => reports.push(report) })
})
beforeEach(() => {
  reports.length = 0
})

/** x times a tensor that the hint is given for; what was flushed is in `reports`. */
async function product(x: tf.Tensor, made: tf.Tensor, hint: (dataId: object) => void): Promise<number[]> {
  hint(made.dataId)
  const y = tf.mul(x, made)
  const values = [...(await y.data())]
  tf.dispose([y, made])
  return values
}

describe('keepAsInput', () => {
  // Each case has a length of its own, and so a graph of its own.
  test.each([
    ['a scalar', 3, [() => tf.scalar(0.5), () => tf.scalar(0.25), () => tf.scalar(3)], [0.5, 0.25, 3]],
    [
      'zeros, then other values',
      4,
      [() => tf.zeros([4]), () => tf.tensor1d([5, 2, 3, 4]), () => tf.fill([4], 7)],
      [0, 5, 7],
    ],
    ['what was a constant', 5, [1, 2].map((v) => () => constant(tf.tensor1d([v, 9, 9, 9, 9]))), [1, 2]],
  ])('%s is fed from the start: one compile', async (_, length, makers, factors) => {
    const x = tf.ones([length])
    backend.hints.keepAsInput(x.dataId)
    const before = backend.numDataIds()
    for (const [i, make] of makers.entries()) {
      const [first] = await product(x, make(), backend.hints.keepAsInput)
      expect(first).toBe(factors[i])
    }
    expect(reports.map(({ compileReason }) => compileReason !== null)).toEqual(makers.map((_, i) => i === 0))
    expect(backend.numDataIds()).toBe(before)
    x.dispose()
  })

  test('has no effect on a tensor that a recorded kernel reads, or that is gone', async () => {
    const x = tf.tensor1d([1, 2, 3])
    const two = tf.scalar(2)
    const y = tf.sub(x, two)
    backend.hints.keepAsInput(two.dataId)
    expect([...(await y.data())]).toEqual([-1, 0, 1])
    expect(reports[0]!.inputs).toBe(1)
    tf.dispose([x, y, two])
    backend.hints.keepAsInput(two.dataId)
    backend.hints.markConstant(two.dataId)
  })
})

test('a constant is compiled in', async () => {
  const x = tf.tensor1d([1, 2, 3])
  expect(await product(x, tf.tensor1d([3, 2, 1]), backend.hints.markConstant)).toEqual([3, 4, 3])
  expect(reports[0]!.inputs).toBe(1)
  x.dispose()
})

test('behind the barrier equal things are computed again', async () => {
  const x = tf.tensor1d([1, 2, 3])
  const y = tf.tidy(() => {
    const once = tf.exp(x)
    const again: tf.Tensor = tf.engine().runKernel(AFTERWARDS, { x, after: once })
    return tf.add(once, tf.exp(again))
  })
  expect([...(await y.data())]).toEqual([1, 2, 3].map((v) => expect.closeTo(2 * Math.exp(v), 4)))
  expect(reports[0]!.operators.Exp).toBe(2)
  tf.dispose([x, y])
})

function constant(tensor: tf.Tensor): tf.Tensor {
  backend.hints.markConstant(tensor.dataId)
  return tensor
}
