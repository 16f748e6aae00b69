import { useOnnx } from '@stablesig/testing/engine'
import type { OnnxBackend } from '@stablesig/tfjs-backend-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { checkpointed } from './checkpointed.ts'
import { valueAndGradients } from './value-and-gradients.ts'

const BLOCKS = 8
const CHANNELS = 16
const SIDE = 32

/** Blocks whose inner tensors are four times as wide as what passes between them, as a loss of their weights. */
function network(recompute: boolean) {
  const weights: Record<string, tf.Tensor> = {}
  for (let i = 0; i < BLOCKS; i++) {
    weights[`${i}.wide`] = tf.randomNormal([3, 3, CHANNELS, 4 * CHANNELS], 0, 0.08, 'float32', 2 * i + 1)
    weights[`${i}.narrow`] = tf.randomNormal([3, 3, 4 * CHANNELS, CHANNELS], 0, 0.04, 'float32', 2 * i + 2)
  }
  const block = (x: tf.Tensor4D, w: Readonly<Record<string, tf.Tensor>>): tf.Tensor4D => {
    // Nothing but a view reads x: ONNX Runtime would merge that with another view.
    const y = tf.reshape<tf.Rank.R4>(tf.sin(tf.reshape(x, [SIDE * SIDE, CHANNELS])), x.shape)
    const wide = tf.exp(tf.sin(tf.conv2d(y, w.wide as tf.Tensor4D, 1, 'same')))
    return tf.add(y, tf.conv2d(wide, w.narrow as tf.Tensor4D, 1, 'same'))
  }
  const x = tf.randomNormal<tf.Rank.R4>([1, SIDE, SIDE, CHANNELS], 0, 1, 'float32', 99)
  const loss = () => {
    let y = x
    for (let i = 0; i < BLOCKS; i++) {
      const own = { wide: weights[`${i}.wide`]!, narrow: weights[`${i}.narrow`]! }
      y = recompute ? checkpointed(block, y, own) : block(y, own)
    }
    return { loss: tf.mean<tf.Scalar>(tf.square(y)), aux: {} }
  }
  return { weights, loss, dispose: () => tf.dispose([weights, x]) }
}

/** Value and all gradients, and what the one flush that made them was. */
async function run(backend: OnnxBackend, recompute: boolean) {
  const { weights, loss, dispose } = network(recompute)
  const { loss: value, gradients } = valueAndGradients(loss, weights)
  // As one vector, as training takes them: the schedule pass then computes each as soon as it can be.
  const flat = tf.tidy(() =>
    tf.concat1d(Object.values(gradients).map((gradient) => tf.reshape<tf.Rank.R1>(gradient, [gradient.size]))),
  )
  tf.dispose(gradients)
  const tensors = [value, flat]
  const values = await Promise.all(tensors.map((tensor) => tensor.data()))
  tf.dispose(tensors)
  dispose()
  const { lastReport: report } = backend
  if (!report) throw new Error('nothing was flushed')
  return { values, report }
}

describe('checkpointed blocks', () => {
  test('have the values and gradients of kept ones, in less memory, computed twice', async () => {
    const backend = await useOnnx()
    const before = tf.memory().numTensors
    const ids = backend.numDataIds()
    const kept = await run(backend, false)
    const again = await run(backend, true)
    expect(tf.memory().numTensors).toBe(before)
    expect(backend.numDataIds()).toBe(ids)
    expect(again.values).toEqual(kept.values)
    expect(kept.report.operators.Exp).toBe(BLOCKS)
    expect(again.report.operators.Exp).toBe(2 * BLOCKS)
    expect(again.report.workBytes).toBeLessThan(0.5 * kept.report.workBytes)
  })
})
