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

  test('takes and gives half precision where it is asked to', async () => {
    const weights = makeWeights()
    const options = { weights, ...IMAGES, outputs, precision: 'float16', io: 'float16' } as const
    const model = await exportModel(network, options)
    const session = await InferenceSession.create(model)
    const types = [session.inputMetadata, session.outputMetadata].map(([about]) => about?.isTensor && about.type)
    expect(types).toEqual(['float16', 'float16'])
    await session.release()
    // onnxruntime-node 1.30 cannot read a Float16Array, and takes halves as nothing else where a Node has it.
    if (!('Float16Array' in globalThis)) {
      const zeros = new OrtTensor('float16', new Uint16Array(8 * 3 * 5), [1, 8, 3, 5])
      const { result } = await run(model, { images: zeros })
      expect([result!.type, result!.dims]).toEqual(['float16', [1, 3, 6, 10]])
    }
    await expect(exportModel(network, { ...options, precision: 'float32' })).rejects.toThrow(/precision float16/)
    tf.dispose(weights)
  })

  test('computes channels first from end to end', async () => {
    const weights = makeWeights()
    const build: ExportedFunction = (w, [x]) => {
      const h = conv(x!, w['conv.weight']!, w['conv.bias']!)
      return conv(groupNorm(up(h), w['norm.weight']!, w['norm.bias']!, 2), w['out.weight']!, w['out.bias']!)
    }
    const model = await exportModel(build, { weights, ...IMAGES, outputs })
    const text = Buffer.from(model).toString('latin1')
    expect([text.includes('InstanceNormalization'), text.includes('Transpose')]).toEqual([true, false])
    expect(await difference(build, weights, model)).toBeLessThan(4e-6)
    tf.dispose(weights)
  })

  test('does not depend on the engine in use, which stays', async () => {
    await tf.setBackend('cpu')
    const weights = makeWeights()
    const model = await exportModel(network, { weights, ...IMAGES, outputs })
    expect(tf.getBackend()).toBe('cpu')
    expect(await difference(network, weights, model)).toBeLessThan(2e-6)
    tf.dispose(weights)
    await tf.setBackend('onnx-export-test')
  })

  test('holds weights by the names and shapes of their file, a producer and notes', async () => {
    const weights = makeWeights()
    const model = await exportModel(network, {
      weights,
      names: new Map([['conv.weight', 'decoder.convé.weight']]),
      ...IMAGES,
      outputs,
      producer: { name: 'a program', version: '1.2.3' },
      description: 'what it is',
      metadata: { range: '[0, 1]' },
    })
    const text = Buffer.from(model).toString('utf8')
    const parts = ['decoder.convé.weight', 'norm.weight', 'a program', '1.2.3', 'what it is', 'range', '[0, 1]']
    expect(parts.filter((part) => !text.includes(part))).toEqual([])
    expect(text.includes('com.microsoft')).toBe(false)
    tf.dispose(weights)
  })
})

describe('what cannot be exported is refused, and leaves nothing', () => {
  const w = { a: tf.zeros([1]) }
  const one = { ...IMAGES, outputs: [{ name: 'result' }] }
  const refused = async (build: ExportedFunction, message: RegExp, weights: ExportOptions['weights'] = w) => {
    const before = tf.memory().numTensors
    const engine = tf.getBackend()
    await expect(exportModel(build, { weights, ...one, precision: 'float16' })).rejects.toThrow(message)
    expect([tf.getBackend(), tf.memory().numTensors]).toEqual([engine, before])
  }

  test('a graph that is another one at another size', async () => {
    await refused((_, [x]) => (x!.shape[1]! > 10 ? tf.relu(x!) : tf.tanh(x!)), /depends on the size.*Tanh.*Relu/)
    await refused((_, [x]) => tf.concat(tf.split(x!, x!.shape[1]!, 1), 1), /depends on the size/)
  })

  test('numbers that depend on the size in no way that is a length', async () => {
    await refused((_, [x]) => tf.mul(x!, 1 / (x!.shape[1]! + x!.shape[2]!)), /input 1 of Mul.*depends on the size/)
    const bilinear = (x: tf.Tensor) => tf.image.resizeBilinear(x as tf.Tensor4D, [20, 20]) as tf.Tensor
    await refused((_, [x]) => bilinear(x!), /MatMul.*depends on the size/)
  })

  test('a function that reads, gives something else than named, or fails', async () => {
    await refused((_, [x]) => tf.scalar(tf.sum(x!).dataSync()[0]!), /recorded, not computed|cannot run synchronously/)
    await refused((_, [x]) => [x!, x!], /gives 2 tensors, and 1 are named/)
    await refused(() => {
      throw new RangeError('its own error')
    }, /its own error/)
  })

  test('a weight that half precision cannot hold', async () => {
    const large = { a: tf.tensor1d([1, 7e4]) }
    await refused(
      (w, [x]) => tf.mul(tf.conv2d(x as tf.Tensor4D, tf.ones([1, 1, 8, 2]), 1, 'same'), w.a!),
      /a holds 70000/,
      large,
    )
    tf.dispose(large)
  })
})

test('inputs without open lengths make a model of one size', async () => {
  const model = await exportModel((_, [x]) => tf.image.resizeBilinear(x as tf.Tensor4D, [2, 2]) as tf.Tensor, {
    weights: {},
    inputs: [{ name: 'x', shape: [1, 4, 4, 1] }],
    outputs: [{ name: 'y' }],
  })
  const x = new OrtTensor('float32', new Float32Array(16).fill(3), [1, 4, 4, 1])
  const { y } = await run(model, { x })
  expect([y!.dims, Array.from(y!.data as Float32Array)]).toEqual([
    [1, 2, 2, 1],
    [3, 3, 3, 3],
  ])
})
