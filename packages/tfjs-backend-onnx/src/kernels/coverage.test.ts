import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { EngineError } from '../errors.ts'
import { useOnnx } from '../testing/engines.ts'
import { allKernels } from './index.ts'
import { missingKernels, unneededKernels } from './missing.ts'

beforeAll(() => useOnnx({ name: 'onnx-coverage' }))

const there = allKernels.map(({ name }) => name)
const absent = missingKernels.map(({ name }) => name)

test('a kernel is defined once', () => {
  expect(there).toEqual([...new Set(there)])
})

test('each kernel of tfjs is there, or missing with a word on what to do, or needed by nothing', () => {
  const names: string[] = Object.entries(tf).flatMap(([_key, value]) =>
    typeof value === 'string' && /^_?[A-Z]/.test(value) ? [value] : [],
  )
  const known = [...there, ...absent, ...Object.keys(unneededKernels)]
  expect(known.filter((name) => !names.includes(name))).toEqual(['Afterwards'])
  expect(names.filter((name) => !known.includes(name))).toEqual([])
  expect(known).toEqual([...new Set(known)])
})

test('each function that is said to call for a missing kernel is one of tfjs', () => {
  for (const { op } of missingKernels) {
    const found = op
      .split('.')
      .slice(1)
      .reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined), tf)
    expect([op, typeof found]).toEqual([op, 'function'])
  }
})

test('a missing kernel is an error that names the kernel, the function and what works', () => {
  const [data, indices, segments] = [tf.ones([3, 2]), tf.tensor1d([0, 2, 1], 'int32'), tf.tensor1d([0, 0, 1], 'int32')]
  const before = tf.memory().numTensors
  let error: unknown
  try {
    tf.sparse.sparseSegmentSum(tf.reshape(data, [3, 2]), indices, segments)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(EngineError)
  expect(error).toMatchObject({
    code: 'unsupported',
    message:
      'tf.sparse.sparseSegmentSum needs the kernel SparseSegmentSum, which the onnx-coverage backend does not have; ' +
      'instead: tf.unsortedSegmentSum(tf.gather(data, indices), segmentIds, count)',
  })
  expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1)
})

test('the compositions named instead give what tfjs gives', async () => {
  const data = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])
  const indices = tf.tensor1d([0, 2, 1, 1], 'int32')
  const segments = tf.tensor1d([0, 0, 1, 2], 'int32')
  const sum = tf.unsortedSegmentSum(tf.gather(data, indices), segments, 3)
  const counts = tf.unsortedSegmentSum(tf.onesLike(segments), segments, 3)
  const mean = tf.div(sum, tf.expandDims(counts, 1))
  const places = tf.tensor2d([0, 0, 1, 2], [2, 2], 'int32')
  const dense = tf.reshape(tf.sparseToDense(places, tf.tensor1d([7, 8]), [2, 3]), [3, 2])
  const got = await Promise.all([sum, mean, dense].map(async (t) => [...(await t.data())]))
  await tf.setBackend('cpu')
  const reshaped = tf.sparse.sparseReshape(places, tf.tensor1d([2, 3], 'int32'), tf.tensor1d([3, 2], 'int32'))
  const want = [
    tf.sparse.sparseSegmentSum(data, indices, segments),
    tf.sparse.sparseSegmentMean(data, indices, segments),
    tf.sparseToDense(tf.reshape(reshaped.outputIndices!, [2, 2]), tf.tensor1d([7, 8]), [3, 2]),
  ]
  expect(got).toEqual(want.map((t) => [...t.dataSync()]))
  // Text moves to the CPU backend and back.
  const words = tf.string.stringSplit(tf.tensor1d(['a b', 'c']), ' ')
  await tf.setBackend('onnx-coverage')
  expect(words.values!.dataSync()).toEqual(['a', 'b', 'c'])
})
