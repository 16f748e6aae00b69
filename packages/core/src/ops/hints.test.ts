import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { changingInput, computedAfter, inputVector, markConstants, readTogether } from './hints.ts'

let alive: number
beforeAll(async () => {
  await tf.setBackend('cpu')
})
beforeEach(() => {
  alive = tf.memory().numTensors
})
afterEach(() => {
  Reflect.deleteProperty(tf.backend(), 'hints')
  Reflect.deleteProperty(tf.backend(), 'markConstant')
  expect(tf.memory().numTensors).toBe(alive)
})

/** Takes all hints, at `hints` of the backend or, as an older engine, as a method of the backend. */
function listen(old = false) {
  const heard: [string, object][] = []
  const take = (name: string) =>
    function (this: unknown, dataId: object) {
      expect(this).toBe(old ? tf.backend() : Reflect.get(tf.backend(), 'hints'))
      heard.push([name, dataId])
    }
  if (old) Object.assign(tf.backend(), { markConstant: take('constant') })
  else Object.assign(tf.backend(), { hints: { markConstant: take('constant'), keepAsInput: take('input') } })
  return heard
}

test('an engine that knows no hints takes no notice', async () => {
  const [a, b] = [changingInput(3), tf.scalar(2)]
  expect(a.shape).toEqual([1])
  expect(markConstants({ b }).b).toBe(b)
  expect(computedAfter(a, b)).toBe(a)
  tf.dispose([a, b])
})

test('one that knows them is told of constants and of inputs', () => {
  const heard = listen()
  const [a, b] = [changingInput(3), tf.scalar(2)]
  markConstants({ b })
  expect(heard).toEqual([
    ['input', a.dataId],
    ['constant', b.dataId],
  ])
  tf.dispose([a, b])
})

test('one with a method of its own is told of constants', () => {
  const heard = listen(true)
  const [a, b] = [changingInput(3), tf.scalar(2)]
  markConstants({ b })
  expect(heard).toEqual([['constant', b.dataId]])
  tf.dispose([a, b])
})

test('zeros are no uniform tensor, and the values given stay as they are', async () => {
  const given = new Float32Array(3)
  const vector = inputVector(given)
  expect(Object.is((await vector.data())[0], -0)).toBe(true)
  expect(Object.is(given[0], 0)).toBe(true)
  vector.dispose()
})

test('vectors are read together and disposed', async () => {
  expect(await readTogether([tf.tensor1d([1, 2]), tf.tensor1d([3, 4])])).toEqual([
    [1, 2],
    [3, 4],
  ])
})
