import '@tensorflow/tfjs-backend-cpu'
import { noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { muon } from './muon.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

type Matrix = number[][]
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)))
const transposed = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!))
const combined = (...terms: [number, Matrix][]): Matrix =>
  terms[0]![1].map((row, i) => row.map((_, j) => terms.reduce((sum, [factor, m]) => sum + factor * m[i]![j]!, 0)))

/** The published iteration on the matrix itself, in double precision, scaled to a root mean square of about 1. */
function evenedOut(values: number[], rows: number, columns: number): number[] {
  const norm = Math.hypot(...values)
  let x: Matrix = Array.from({ length: rows }, (_, i) =>
    values.slice(i * columns, (i + 1) * columns).map((value) => value / norm),
  )
  for (let round = 0; round < 5; round++) {
    const gram = product(x, transposed(x))
    x = combined([3.4445, x], [-4.775, product(gram, x)], [2.0315, product(product(gram, gram), x)])
  }
  return x.flat().map((value) => value * Math.sqrt(Math.max(rows, columns)))
}

const shapes: [name: string, shape: number[], rows: number, columns: number][] = [
  ['a convolution', [3, 3, 4, 6], 36, 6],
  ['another whose shorter side is as long', [3, 3, 2, 6], 18, 6],
  ['a matrix wider than tall', [1, 1, 4, 10], 4, 10],
]

test('orthogonalises the momentum of matrices, whatever their sides, and scales that of vectors', async () => {
  const [rate, momentum] = [0.01, 0.8]
  const values = [...shapes.map(([, shape]) => shape), [5]].map((shape, i) => ({
    shape,
    p: Array.from(noise(`p${i}`, tf.util.sizeFromShape(shape), 1)),
    m: Array.from(noise(`m${i}`, tf.util.sizeFromShape(shape), 1)),
    g: Array.from(noise(`g${i}`, tf.util.sizeFromShape(shape), 1)),
  }))
  const tensors = (of: 'p' | 'm' | 'g') => values.map((value) => tf.tensor(value[of], value.shape))
  const [p, m, g] = [tensors('p'), tensors('m'), tensors('g')]
  const before = tf.memory().numTensors
  const { parameters, state } = muon({ momentum, weightDecay: 0.1 }).update(
    p,
    g,
    { momentum: m },
    { step: 1, learningRate: rate },
  )
  const moments = state.momentum!
  expect(tf.memory().numTensors - before).toBe(8)
  for (const [i, value] of values.entries()) {
    const moment = value.m.map((old, k) => momentum * old + (1 - momentum) * value.g[k]!)
    const wanted = moment.map((now, k) => value.g[k]! + momentum * now)
    const [, , rows, columns] = shapes[i] ?? []
    const scale = Math.hypot(...wanted) / Math.sqrt(wanted.length)
    const direction = rows && columns ? evenedOut(wanted, rows, columns) : wanted.map((v) => v / scale)
    expect(moments[i]!.shape).toEqual(value.shape)
    expect(parameters[i]!.shape).toEqual(value.shape)
    for (const [k, got] of (await parameters[i]!.data()).entries())
      expect(got).toBeCloseTo(value.p[k]! * (1 - rate * 0.1) - rate * direction[k]!, 5)
    for (const [k, got] of (await moments[i]!.data()).entries()) expect(got).toBeCloseTo(moment[k]!, 5)
  }
})

test('what has no gradient stays where it is', async () => {
  const p = [tf.ones([3, 3, 2, 2]), tf.ones([4])]
  const none = p.map((tensor) => tf.zerosLike(tensor))
  const { parameters } = muon().update(p, none, { momentum: none }, { step: 1, learningRate: 0.1 })
  for (const tensor of parameters) expect(new Set(await tensor.data())).toEqual(new Set([1]))
})
