import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { recipeOf, recipeSchedule } from '../signing/recipes.ts'
import { flatLayout, flatten, tensorsOf, unflatten } from './flat.ts'
import { muon } from './muon.ts'
import type { Optimizer } from './optimizer.ts'
import { adam, adamW, lamb, sgd } from './optimizers.ts'
import { halving, pretrainCosine, warmupCosine } from './schedules.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe.each([
  ['sgd', sgd({ momentum: 0.5 }), 0.05],
  ['adam', adam(), 0.1],
  ['adamW', adamW(), 0.1],
  ['lamb', lamb(), 0.1],
  ['muon', muon(), 0.1],
] as [string, Optimizer, number][])('%s', (_, optimizer, rate) => {
  test('goes down a bowl and leaves as many tensors as it found', async () => {
    let parameters: tf.Tensor[] = [tf.tensor1d([3, -2]), tf.tensor1d([1])]
    let state = optimizer.init(parameters)
    const before = tf.memory().numTensors
    const height = () =>
      tf.tidy(() => parameters.map((p) => tf.sum(tf.square(p)).dataSync()[0]!).reduce((a, b) => a + b, 0))
    const start = height()
    for (let step = 1; step <= 40; step++) {
      const gradients = parameters.map((p) => tf.mul(p, 2))
      const updated = optimizer.update(parameters, gradients, state, { step, learningRate: rate })
      tf.dispose([parameters, gradients, state])
      ;({ parameters, state } = updated)
    }
    expect(tf.memory().numTensors).toBe(before)
    expect(height()).toBeLessThan(start / 4)
    tf.dispose([parameters, state])
  })
  test('a rate of 0 leaves the parameters and moves the state', () => {
    const p = tf.tensor1d([3, -2])
    const before = optimizer.init([p])
    const updated = optimizer.update([p], [tf.tensor1d([1, 1])], before, { step: 1, learningRate: 0 })
    expect([...updated.parameters[0]!.dataSync()]).toEqual([3, -2])
    expect(Object.keys(updated.state)).toEqual(Object.keys(before))
    for (const [moved] of Object.values(updated.state)) expect(moved!.dataSync()[0]).not.toBe(0)
  })
})

describe('flat', () => {
  const weights = () => ({ a: tf.tensor2d([[1, 2, 3]]), b: tf.scalar(4), c: tf.tensor1d([5, 6]) })
  test('lays small neighbours end to end, leaves large tensors alone, and takes them apart', async () => {
    const large = tf.tidy(() => tf.reshape(tf.range(0, 2 ** 18), [2 ** 9, 2 ** 9]))
    const given = { a: tf.tensor2d([[1, 2, 3]]), b: tf.scalar(4), large, c: tf.tensor1d([5, 6]) }
    const layout = flatLayout(given)
    expect(layout.names).toEqual(['a', 'b', 'large', 'c'])
    expect(layout.vectors.map(({ names }) => names)).toEqual([['a', 'b'], ['large'], ['c']])
    expect(layout.vectors.map(({ length }) => length)).toEqual([4, 2 ** 18, 2])
    const flat = flatten(layout, given)
    expect([...(await flat[0]!.data())]).toEqual([1, 2, 3, 4])
    const values = await Promise.all(flat.map((vector) => vector.data<'float32'>()))
    for (const back of [unflatten(layout, flat), tensorsOf(layout, values)]) {
      expect(Object.keys(back)).toEqual(Object.keys(given))
      expect(back.a?.shape).toEqual([1, 3])
      expect(back.b?.shape).toEqual([])
      expect([...back.c!.dataSync()]).toEqual([5, 6])
      expect(back.large?.shape).toEqual([2 ** 9, 2 ** 9])
      expect(back.large!.dataSync().at(-1)).toBe(2 ** 18 - 1)
    }
  })
  test('refuses what does not fit', () => {
    const layout = flatLayout(weights())
    expect(() => flatten(layout, { ...weights(), b: tf.tensor1d([1, 2]) })).toThrow(/tensor b/)
    expect(() => flatLayout({})).toThrow(/no weights/)
  })
})

test('schedules: their ends', () => {
  const finetune = warmupCosine({ steps: 100, warmup: 20, base: 5e-4 })
  expect(finetune(0)).toBe(0)
  expect(finetune(20)).toBeCloseTo(5e-4, 12)
  expect(finetune(100)).toBeCloseTo(1e-6, 12)
  expect(finetune(170)).toBeCloseTo(1e-6, 12)
  const pretrain = pretrainCosine({ epochs: 10, warmup: 2, base: 1 })
  expect([pretrain(0), pretrain(10)]).toEqual([1e-6, 1e-6])
  expect([0, 1, 50, 51].map(halving(0.05))).toEqual([0.05, 0.025, 0.025, 0.0125])
})

test('recipes: the warm-up shrinks with the steps, and numbers are checked', () => {
  expect(recipeOf('published', {}).recipe).toMatchObject({ steps: 100, warmup: 20, size: 256 })
  expect(recipeOf('published', { steps: 10, size: undefined }).recipe).toMatchObject({
    steps: 10,
    warmup: 2,
    size: 256,
  })
  expect(recipeOf('balanced', { steps: 500 }).recipe.warmup).toBe(recipeOf('balanced', {}).recipe.warmup)
  const rates = [0, 9, 20, 99, 150].map(recipeSchedule(recipeOf('published', { learningRate: 1 }).recipe))
  expect(rates).toEqual([0, 0.45, 1, expect.closeTo(0.0024, 3), 0.1])
  const busy = [0, 1, 2, 10, 12].map(
    recipeSchedule(recipeOf('balanced', { steps: 10, warmup: 2, learningRate: 1, finalLearningRateRatio: 0.1 }).recipe),
  )
  expect(busy).toEqual([0.5, 1, expect.closeTo(0.966, 3), 0.1, 0.1])
  for (const wrong of [
    { steps: 1.5 },
    { batchSize: 0 },
    { warmup: -1 },
    { temperature: 0 },
    { weightDecay: -1 },
    { finalLearningRateRatio: 2 },
  ])
    expect(() => recipeOf('balanced', wrong)).toThrow(Object.keys(wrong)[0])
})
