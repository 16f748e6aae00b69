import * as tf from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { beforeAll, describe, expect, test } from 'vitest'
import { useOnnx } from '../testing/engines.ts'
import { exportModel } from './export-model.ts'
import type { ExportedFunction, ExportOptions } from './spec.ts'

beforeAll(async () => {
  await useOnnx({ name: 'onnx-export-test' })
})

const NCHW = [0, 3, 1, 2]
const IMAGES: Pick<ExportOptions, 'inputs'> = {
  inputs: [{ name: 'images', shape: ['batch', 'height', 'width', 8], order: NCHW }],
}

/** Batches and sides that no export has recorded. */
const sizes = [
  [1, 4, 4],
  [2, 9, 6],
  [1, 1, 33],
] as const

const random = (shape: number[], seed: number, deviation = 1) => tf.randomNormal(shape, 0, deviation, 'float32', seed)

/** Group normalisation as it is written without knowing of any compiler. */
function groupNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, groups: number): tf.Tensor {
  const [n, h, w, c] = x.shape
  const split = tf.reshape(x, [n!, h!, w!, groups, c! / groups])
  const { mean, variance } = tf.moments(split, [1, 2, 4], true)
  const centred = tf.mul(tf.sub(split, mean), tf.rsqrt(tf.add(variance, 1e-5)))
  return tf.add(tf.mul(tf.reshape(centred, [n!, h!, w!, c!]), gamma), beta)
}

function attention(x: tf.Tensor): tf.Tensor {
  const [n, h, w, c] = x.shape
  const flat = tf.reshape<tf.Rank.R3>(x, [n!, h! * w!, c!])
  const scores = tf.softmax(tf.mul(tf.matMul(flat, flat, false, true), c! ** -0.5))
  return tf.reshape(tf.matMul(scores, flat), [n!, h!, w!, c!])
}

const up = (x: tf.Tensor) =>
  tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * x.shape[1]!, 2 * x.shape[2]!]) as tf.Tensor

const conv = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
  tf.add(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'), bias)

const makeWeights = () => ({
  'conv.weight': random([3, 3, 8, 8], 1, 0.2),
  'conv.bias': tf.zeros([8]),
  'norm.weight': random([8], 2),
  'norm.bias': random([8], 3),
  'out.weight': random([1, 1, 8, 3], 4, 0.3),
  'out.bias': random([3], 5),
})

const network: ExportedFunction = (w, [x]) => {
  const h = conv(x!, w['conv.weight']!, w['conv.bias']!)
  const normal = groupNorm(h, w['norm.weight']!, w['norm.bias']!, 4)
  const active = tf.mul(normal, tf.sigmoid(normal))
  const attended = tf.add(attention(active), x!)
  return conv(up(attended), w['out.weight']!, w['out.bias']!)
}

/** Runs a model file with onnxruntime-node alone. */
async function run(model: Uint8Array, feeds: Record<string, OrtTensor>) {
  const session = await InferenceSession.create(model)
  const results = await session.run(feeds)
  await session.release()
  return results
}

/** The greatest difference between an exported model and the function itself, at sizes never recorded. */
async function difference(build: ExportedFunction, weights: ExportOptions['weights'], model: Uint8Array) {
  let most = 0
  for (const [i, [n, h, w]] of sizes.entries()) {
    const x = random([n, h, w, 8], 10 + i)
    const want = tf.tidy(() => tf.transpose(build(weights, [x]) as tf.Tensor, NCHW))
    const planes = tf.transpose(x, NCHW)
    const { result } = await run(model, {
      images: new OrtTensor('float32', await planes.data<'float32'>(), planes.shape),
    })
    expect(result!.dims).toEqual(want.shape)
    const expected = await want.data()
    const found = result!.data as Float32Array
    found.forEach((v, k) => {
      most = Math.max(most, Math.abs(v - expected[k]!))
    })
    tf.dispose([x, planes, want])
  }
  return most
}

describe('an exported network', () => {
  const outputs = [{ name: 'result', order: NCHW, axes: ['batch', 'tall', 'wide', 'colour'] }]

  test('is the network, at batches and sizes never recorded, and leaves no tensor', async () => {
    const weights = makeWeights()
    const before = tf.memory().numTensors
    const engine = tf.getBackend()
    const model = await exportModel(network, { weights, ...IMAGES, outputs })
    expect([tf.getBackend(), tf.memory().numTensors]).toEqual([engine, before])
    expect(await difference(network, weights, model)).toBeLessThan(2e-6)
    tf.dispose(weights)
  })

  test('in half precision differs by its rounding', async () => {
    const weights = makeWeights()
    const model = await exportModel(network, { weights, ...IMAGES, outputs, precision: 'float16' })
    const most = await difference(network, weights, model)
    expect(most).toBeGreaterThan(1e-5)
    expect(most).toBeLessThan(2e-2)
    tf.dispose(weights)
  })
})
