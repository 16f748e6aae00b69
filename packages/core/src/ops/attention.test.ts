import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { attention } from './attention.ts'
import './gradients.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const SHAPE: [number, number, number, number] = [2, 3, 5, 4]
const random = (seed: number) => tf.randomNormal<tf.Rank.R4>(SHAPE, 0, 1, 'float32', seed)

/** By its definition, in doubles. */
function byHand(q: Float32Array, k: Float32Array, v: Float32Array): number[] {
  const [n, h, w, c] = SHAPE
  const length = h * w
  const out: number[] = []
  for (let b = 0; b < n; b++)
    for (let i = 0; i < length; i++) {
      const at = (x: Float32Array, position: number, channel: number) => x[(b * length + position) * c + channel]!
      const scores = Array.from({ length }, (_, j) => {
        let dot = 0
        for (let d = 0; d < c; d++) dot += at(q, i, d) * at(k, j, d)
        return Math.exp(dot / Math.sqrt(c))
      })
      const total = scores.reduce((a, s) => a + s, 0)
      for (let d = 0; d < c; d++) out.push(scores.reduce((a, s, j) => a + (s / total) * at(v, j, d), 0))
    }
  return out
}

test.each([
  ['in one piece', undefined],
  ['in runs of four queries', 4 * 2 * 15 * 4],
  ['query by query', 1],
])('%s it is what its definition says, with its gradients, and leaves no tensor', async (_, scoreBytes) => {
  const [q, k, v] = [random(1), random(2), random(3)]
  const before = tf.memory().numTensors
  const got = attention(q, k, v, scoreBytes)
  const want = byHand(q.dataSync<'float32'>(), k.dataSync<'float32'>(), v.dataSync<'float32'>())
  got.dataSync().forEach((value, i) => {
    expect(value).toBeCloseTo(want[i]!, 5)
  })
  const gradientOf = (bytes: number | undefined) =>
    tf.tidy(() => {
      const f = (...x: tf.Tensor[]) =>
        tf.sum<tf.Scalar>(tf.square(attention(x[0] as tf.Tensor4D, x[1] as tf.Tensor4D, x[2] as tf.Tensor4D, bytes)))
      return tf
        .grads(f)([q, k, v])
        .map((gradient) => gradient.dataSync())
    })
  const whole = gradientOf(undefined)
  for (const [i, gradient] of gradientOf(scoreBytes).entries())
    for (const [at, value] of gradient.entries()) expect(value).toBeCloseTo(whole[i]![at]!, 5)
  got.dispose()
  expect(tf.memory().numTensors).toBe(before)
  tf.dispose([q, k, v])
})

test('what does not fit together is refused', () => {
  const before = tf.memory().numTensors
  const [q, k] = [tf.zeros<tf.Rank.R4>([1, 2, 2, 4]), tf.zeros<tf.Rank.R4>([1, 2, 3, 4])]
  expect(() => attention(q, k, k)).toThrow(/\[1,2,2,4\].*\[1,2,3,4\]/)
  tf.dispose([q, k])
  expect(tf.memory().numTensors).toBe(before)
})
