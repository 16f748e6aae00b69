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
  expect(tf.memory().numTensors).toBe(alive)
})

/** Takes all hints. */
function listen() {
  const heard: [string, object][] = []
  const take = (name: string) =>
    function (this: unknown, dataId: object) {
      expect(this).toBe(Reflect.get(tf.backend(), 'hints'))
      heard.push([name, dataId])
    }
  Object.assign(tf.backend(), { hints: { markConstant: take('constant'), keepAsInput: take('input') } })
  return heard
}

test('an engine that knows no hints takes no notice', async () => {
  const [a, b] = [changingInput(3), tf.scalar(2)]
  expect(a.shape).toEqual([])
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

test('vectors of equal values are inputs too', () => {
  const heard = listen()
  const zeros = inputVector(new Float32Array(3))
  expect(heard).toEqual([['input', zeros.dataId]])
  zeros.dispose()
})

test('vectors are read together and disposed', async () => {
  expect(await readTogether([tf.tensor1d([1, 2]), tf.tensor1d([3, 4])])).toEqual([
    [1, 2],
    [3, 4],
  ])
})
