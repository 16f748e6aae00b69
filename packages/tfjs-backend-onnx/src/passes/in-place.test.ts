import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { useOnnx } from '../testing/engines.ts'
import { overwritableInputs } from './in-place.ts'

describe('an output may take the memory of an input', () => {
  /** A graph of two vectors; what may be overwritten by its first output. */
  const found = (build: (g: Graph, x: IrTensor, y: IrTensor) => IrTensor[]) => {
    const g = new Graph()
    const [x, y] = [g.input([8], 'float32'), g.input([8], 'float32')]
    g.outputs = build(g, x, y)
    const names = new Map([
      [x, 'x'],
      [y, 'y'],
    ])
    return (overwritableInputs(g).get(g.outputs[0]!) ?? []).map((raw) => names.get(raw))
  }
  const node = (g: Graph, op: string, inputs: IrTensor[]) => g.node(op, inputs, [8], 'float32')

  test('that it is computed from', () => {
    expect(found((g, x, y) => [node(g, 'Add', [node(g, 'Mul', [x, y]), x])])).toEqual(['x', 'y'])
  })
  test('not where the input is read later, or is a result itself', () => {
    expect(found((g, x, y) => [node(g, 'Neg', [x]), node(g, 'Mul', [x, y])])).not.toContain('x')
    expect(found((g, x) => [node(g, 'Neg', [x]), x])).not.toContain('x')
  })
  test('not where a view of the input is read later', () => {
    const view = (g: Graph, x: IrTensor) => g.node('Reshape', [x, g.integers([2, 4])], [2, 4], 'float32')
    expect(found((g, x) => [node(g, 'Neg', [x]), g.node('Exp', [view(g, x)], [2, 4], 'float32')])).not.toContain('x')
  })
  test('each of many', () => {
    const g = new Graph()
    const inputs = Array.from({ length: 70 }, (_, i) => g.input([8 + i], 'float32'))
    g.outputs = inputs.map((x) => g.node('Neg', [g.node('Exp', [x], x.dims, 'float32')], x.dims, 'float32'))
    const found = overwritableInputs(g)
    expect(g.outputs.map((output) => found.get(output))).toEqual(inputs.map((x) => [x]))
  })
  test('not by a node that reads the input elsewhere than it writes', () => {
    expect(found((g, x) => [node(g, 'Gather', [x, g.integers([7, 6, 5, 4, 3, 2, 1, 0])])])).not.toContain('x')
  })
})

describe('a training loop', () => {
  /** Steps that dispose the state before the next one is computed, as training does. */
  async function train(steps: number, keep: boolean): Promise<Float32Array> {
    let weights = tf.tensor1d(Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i)))
    const kept: tf.Tensor[] = []
    for (let step = 0; step < steps; step++) {
      const rate = tf.tensor1d([0.1 + step])
      const next = tf.tidy(() => tf.sub<tf.Tensor1D>(weights, tf.mul(tf.sin(tf.mul(weights, weights)), rate)))
      const probe = tf.tidy(() => tf.sum(next))
      if (keep) kept.push(weights)
      else weights.dispose()
      await probe.data()
      tf.dispose([probe, rate])
      weights = next
    }
    const values = await weights.data<'float32'>()
    const [first] = await Promise.all(kept.map((tensor) => tensor.data()))
    if (keep) expect(first![1]).toBeCloseTo(Math.sin(1), 6)
    tf.dispose([weights, kept])
    return values
  }

  test('computes the same where the state is overwritten, kept, or the pass is off', async () => {
    await useOnnx({ name: 'onnx-in-place-off', passes: [] })
    const values = await train(5, false)
    const backend = await useOnnx({ name: 'onnx-in-place' })
    const ids = backend.numDataIds()
    expect(await train(5, false)).toEqual(values)
    expect(backend.lastReport?.overwritten).toBe(1)
    expect(await train(5, true)).toEqual(values)
    expect(backend.lastReport?.overwritten).toBe(0)
    expect(backend.numDataIds()).toBe(ids)
  })
})
