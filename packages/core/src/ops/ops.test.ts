import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { StableSigError } from '../errors.ts'
import { gelu, relu, silu, softClamp } from './activations.ts'
import { checkpointed } from './checkpointed.ts'
import './gradients.ts'
import { groupNorm } from './group-norm.ts'
import { spatialMean, spatialSum } from './reduce.ts'
import { nearestUp2 } from './resize.ts'
import { valueAndGradients } from './value-and-gradients.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** A fixed pattern of values in (-2, 2) without symmetry and away from 0. */
const pattern = (shape: number[], phase = 0): tf.Tensor => {
  const size = shape.reduce((a, b) => a * b, 1)
  return tf.tensor(
    Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + phase + 0.4)).map((v) => 1.7 * v + 0.2 * Math.sign(v)),
    shape,
  )
}

/** Gradients of sum(weights · f(inputs)) against central differences. */
async function expectGradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]) {
  const before = tf.memory().numTensors
  const objective = (...xs: tf.Tensor[]) =>
    tf.tidy(() => {
      const y = f(...xs)
      return tf.sum<tf.Scalar>(tf.mul(y, pattern(y.shape, 2)))
    })
  const names = inputs.map((_, i) => `x${i}`)
  const { gradients, loss } = valueAndGradients(
    () => ({ loss: objective(...inputs), aux: {} }),
    Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])),
  )
  const step = 1e-2
  for (const [at, input] of inputs.entries()) {
    const values = await input.data()
    const got = await gradients[names[at]!]!.data()
    expect(gradients[names[at]!]!.shape).toEqual(input.shape)
    for (let i = 0; i < values.length; i += 1 + Math.floor(values.length / 12)) {
      const shifted = (by: number) => {
        const copy = Float32Array.from(values)
        copy[i]! += by
        return tf.tidy(
          () => objective(...inputs.map((x, j) => (j === at ? tf.tensor(copy, x.shape) : x))).dataSync()[0]!,
        )
      }
      expect(got[i]!).toBeCloseTo((shifted(step) - shifted(-step)) / (2 * step), 1.6)
    }
  }
  tf.dispose([gradients, loss])
  expect(tf.memory().numTensors).toBe(before)
}

describe('activations', () => {
  test('take the values of their definitions', async () => {
    const x = tf.tensor1d([-3, -0.5, 0, 0.5, 3])
    const close = async (t: tf.Tensor, want: number[]) => {
      for (const [i, v] of (await t.data()).entries()) expect(v).toBeCloseTo(want[i]!, 5)
    }
    await close(relu(x), [0, 0, 0, 0.5, 3])
    await close(gelu(x), [-0.0040497, -0.1542688, 0, 0.3457312, 2.9959502])
    await close(silu(x), [-0.1422777, -0.1887703, 0, 0.3112297, 2.8577224])
    await close(softClamp(x, 3), [-2.2847825, -0.4954208, 0, 0.4954208, 2.2847825])
  })
  test.each([
    ['relu', relu],
    ['gelu', gelu],
    ['silu', silu],
    ['softClamp', (x: tf.Tensor) => softClamp(x, 3)],
  ])('%s has the gradient of finite differences', async (_, f) => {
    await expectGradients(f, [pattern([2, 3, 5, 2])])
  })
})

test('group norm agrees with its definition and with finite differences', async () => {
  const x = pattern([2, 3, 2, 6]) as tf.Tensor4D
  const gamma = pattern([6], 1) as tf.Tensor1D
  const beta = pattern([6], 2) as tf.Tensor1D
  const y = await groupNorm(x, tf.ones([6]), tf.zeros([6]), 3, 1e-5).array()
  const group = y[1]!.flat().flatMap((pixel) => pixel.slice(2, 4))
  expect(group.reduce((a, b) => a + b, 0) / group.length).toBeCloseTo(0, 5)
  expect(group.reduce((a, b) => a + b * b, 0) / group.length).toBeCloseTo(1, 3)
  await expectGradients(
    (x, g, b) => groupNorm(x as tf.Tensor4D, g as tf.Tensor1D, b as tf.Tensor1D, 3, 1e-5),
    [x, gamma, beta],
  )
  expect(() => groupNorm(x, gamma, beta, 4, 1e-5)).toThrow(StableSigError)
})

test('nearest doubling repeats pixels, and its gradient sums blocks, batch 2 and not square', async () => {
  const x = pattern([2, 2, 3, 2]) as tf.Tensor4D
  const y = await nearestUp2(x).array()
  const source = await x.array()
  expect(y[1]![3]![5]).toEqual(source[1]![1]![2])
  expect(y[0]![2]![1]).toEqual(source[0]![1]![0])
  await expectGradients((t) => nearestUp2(t as tf.Tensor4D), [x])
})

test('pools have the gradients of finite differences', async () => {
  await expectGradients((t) => spatialMean(t as tf.Tensor4D), [pattern([2, 3, 4, 3])])
  await expectGradients((t) => spatialSum(t as tf.Tensor4D), [pattern([2, 3, 4, 3])])
})

describe('checkpointed', () => {
  const block = (x: tf.Tensor4D, w: Readonly<Record<string, tf.Tensor>>) =>
    tf.conv2d(silu(x), w.filter as tf.Tensor4D, 1, 'same')
  const filter = () => tf.mul<tf.Tensor4D>(pattern([3, 3, 2, 2]), 0.2)

  test('has the gradients of finite differences, one block inside another too', async () => {
    const inner = (x: tf.Tensor, w: tf.Tensor) => checkpointed(block, x as tf.Tensor4D, { filter: w })
    await expectGradients(inner, [pattern([2, 3, 4, 2]), filter()])
    const outer = (x: tf.Tensor, w: tf.Tensor) =>
      checkpointed((x: tf.Tensor4D, own) => tf.tanh(inner(block(x, own), own.filter!)), x as tf.Tensor4D, { filter: w })
    await expectGradients(outer, [pattern([2, 3, 4, 2]), filter()])
  })

  test('passes on what a block throws when it is computed again, and leaves no tensor', () => {
    const w = { filter: filter() }
    const x = pattern([1, 3, 4, 2]) as tf.Tensor4D
    const before = tf.memory().numTensors
    let runs = 0
    const broken = (x: tf.Tensor4D, own: Readonly<Record<string, tf.Tensor>>) => {
      const y = block(x, own)
      if (runs++ > 0) throw new RangeError('broken')
      return y
    }
    const loss = () => ({ loss: tf.sum<tf.Scalar>(checkpointed(broken, x, w)), aux: {} })
    expect(() => valueAndGradients(loss, w)).toThrow('broken')
    expect(tf.memory().numTensors).toBe(before)
    runs = Number.NEGATIVE_INFINITY
    const { gradients, loss: value } = valueAndGradients(loss, w)
    tf.dispose([gradients, value])
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('valueAndGradients', () => {
  test('names what the loss does not depend on, and leaves no tensor', () => {
    const w = { used: tf.tensor1d([1, 2]), lonely: tf.tensor1d([3]) }
    const before = tf.memory().numTensors
    expect(() => valueAndGradients(() => ({ loss: tf.sum<tf.Scalar>(tf.square(w.used)), aux: {} }), w)).toThrow(
      /lonely/,
    )
    expect(tf.memory().numTensors).toBe(before)
  })
  test('passes on what the function throws, and leaves no tensor', () => {
    const w = { x: tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]) }
    const before = tf.memory().numTensors
    const broken = () => {
      const loss = tf.sum<tf.Scalar>(gelu(tf.conv2d(w.x, tf.ones([1, 1, 1, 1]), 1, 'same')))
      if (before >= 0) throw new RangeError('broken')
      return { loss, aux: {} }
    }
    expect(() => valueAndGradients(broken, w)).toThrow('broken')
    expect(tf.memory().numTensors).toBe(before)
    const { gradients } = valueAndGradients(() => ({ loss: tf.sum<tf.Scalar>(w.x), aux: {} }), w)
    expect(Array.from(gradients.x!.dataSync())).toEqual([1, 1, 1, 1])
  })
  test('hands out what is looked at', async () => {
    const w = { x: tf.tensor1d([1, 2]) }
    const { aux, loss } = valueAndGradients(() => {
      const y = tf.square(w.x)
      return { loss: tf.sum<tf.Scalar>(y), aux: { y } }
    }, w)
    expect(Array.from(await aux.y.data())).toEqual([1, 4])
    expect((await loss.data())[0]).toBe(5)
  })
})
