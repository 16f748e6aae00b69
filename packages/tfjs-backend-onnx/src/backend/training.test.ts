import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { type PassName, passNames } from '../passes/index.ts'
import { useOnnx } from '../testing/engines.ts'

/** A small convolutional autoencoder with group norm, SiLU, nearest upsampling and Adam: every part of a training step. */
function model(): { weights: tf.Variable[]; loss: () => tf.Scalar } {
  const weights: tf.Variable[] = []
  let seed = 1
  const normal = (shape: [number, number, number, number], s: number) => {
    const w: tf.Variable<tf.Rank.R4> = tf.variable(tf.randomNormal<tf.Rank.R4>(shape, 0, s, 'float32', seed++))
    weights.push(w)
    return w
  }
  const conv = (i: number, o: number, stride = 1) => {
    const w = normal([3, 3, i, o], Math.sqrt(2 / (9 * i)))
    const b = tf.variable(tf.zeros([o]))
    weights.push(b)
    return (x: tf.Tensor4D) => tf.add<tf.Tensor4D>(tf.conv2d(x, w, stride, 'same'), b)
  }
  const norm = (c: number, groups: number) => {
    const gamma = tf.variable(tf.ones([c]))
    const beta = tf.variable(tf.zeros([c]))
    weights.push(gamma, beta)
    return (x: tf.Tensor4D) => {
      const [n, h, w] = x.shape
      const y = tf.reshape(x, [n, h * w, groups, c / groups])
      const d = tf.sub(y, tf.mean(y, [1, 3], true))
      const v = tf.mean(tf.square(d), [1, 3], true)
      const hat = tf.mul(d, tf.rsqrt(tf.add(v, 1e-5)))
      return tf.add<tf.Tensor4D>(tf.mul(tf.reshape(hat, [n, h, w, c]), gamma), beta)
    }
  }
  const silu = (x: tf.Tensor4D) => tf.mul<tf.Tensor4D>(x, tf.sigmoid(x))
  const up = (x: tf.Tensor4D) => tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2])
  const gelu = (x: tf.Tensor4D) => tf.mul<tf.Tensor4D>(x, tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5))
  const layers = [
    conv(3, 16),
    norm(16, 2),
    silu,
    conv(16, 32, 2),
    norm(32, 4),
    silu,
    conv(32, 32),
    gelu,
    up,
    conv(32, 16),
    tf.relu<tf.Tensor4D>,
    conv(16, 3),
  ]
  // One image: tfjs' CPU gradient of nearest resizing is wrong for more.
  const x = tf.randomUniform<tf.Rank.R4>([1, 8, 12, 3], 0, 1, 'float32', 99)
  const loss = () =>
    tf.mean<tf.Scalar>(
      tf.squaredDifference(
        layers.reduce((h, layer) => layer(h), x),
        x,
      ),
    )
  return { weights, loss }
}

function minimized(optimizer: tf.Optimizer, loss: () => tf.Scalar, weights: tf.Variable[]): tf.Scalar {
  const l = optimizer.minimize(loss, true, weights)
  if (!l) throw new Error('the optimiser returned no loss')
  return l
}

async function train(steps: number): Promise<{ losses: number[]; tensors: number[] }> {
  const { weights, loss } = model()
  const optimizer = tf.train.adam(1e-2)
  const losses: number[] = []
  const tensors: number[] = []
  for (let i = 0; i < steps; i++) {
    const l = minimized(optimizer, loss, weights)
    losses.push((await l.data())[0]!)
    l.dispose()
    tensors.push(tf.engine().backend.numDataIds())
  }
  return { losses, tensors }
}

describe('a training step trains as on the tfjs CPU backend', () => {
  let reference: number[] = []
  beforeAll(async () => {
    await tf.setBackend('cpu')
    reference = (await train(5)).losses
  })

  /** Trains with these passes; two compiles settle moments and literals, then every step finds its session. */
  async function agrees(name: string, passes: readonly PassName[]): Promise<void> {
    const backend = await useOnnx({ name, passes })
    const { losses, tensors } = await train(8)
    for (const [i, l] of reference.entries()) expect(losses[i]).toBeCloseTo(l, 4)
    expect(new Set(tensors.slice(1)).size).toBe(1)
    expect(backend.stats.cacheHits).toBeGreaterThanOrEqual(4)
  }

  test('with every pass', () => agrees('onnx-all', passNames))
  test('with no pass', () => agrees('onnx-none', []))
  test.each(passNames)('without %s', (pass) =>
    agrees(
      `onnx-without-${pass}`,
      passNames.filter((p) => p !== pass),
    ),
  )
  test.each(passNames)('with %s alone', (pass) => agrees(`onnx-only-${pass}`, [pass]))
})
