import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import '../../ops/gradients.ts'
import { type Attack, attacked, attackTensors } from './attacks.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const SIZE = 64
const none: Attack = { name: 'none', window: { left: 0, top: 0, side: SIZE }, gain: 1, shift: 0, quality: null }

/** A smooth colour picture [1,64,64,3] in [.2, .8]. */
const picture = () =>
  tf.tidy(() => {
    const values = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
      const [x, y, c] = [Math.floor(i / 3) % SIZE, Math.floor(i / (3 * SIZE)), i % 3]
      return 0.5 + 0.3 * Math.sin(0.1 * x * (c + 1) + 0.07 * y)
    })
    return tf.tensor4d(values, [1, SIZE, SIZE, 3])
  })

/** What an attack makes of an image, as values. */
function apply(x: tf.Tensor4D, attack: Attack, size = SIZE): Float32Array {
  return tf.tidy(() => attacked(x, attackTensors({ size, each: [attack] }, SIZE)).dataSync<'float32'>())
}
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? 0))), 0)

describe('attacks', () => {
  test('none changes nothing, a crop takes pixels as they are, a reduction keeps the mean', () => {
    const before = tf.memory().numTensors
    const x = picture()
    expect(furthest(apply(x, none), x.dataSync())).toBeLessThan(1e-6)
    const cropped = apply(x, { ...none, window: { left: 5, top: 9, side: 32 } }, 32)
    const wanted = tf.tidy(() => tf.slice(x, [0, 9, 5, 0], [1, 32, 32, 3]).dataSync())
    expect(furthest(cropped, wanted)).toBeLessThan(1e-6)
    const reduced = apply(x, none, 32)
    const halved = tf.tidy(() => tf.image.resizeBilinear(tf.avgPool(x, 2, 2, 'valid'), [32, 32]).dataSync())
    expect(furthest(reduced, halved)).toBeLessThan(0.03)
    x.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  test('brightness multiplies and clamps; JPEG changes less the higher its quality', () => {
    const x = picture()
    const bright = apply(x, { ...none, gain: 2 })
    const plain = x.dataSync()
    expect(
      furthest(
        bright,
        plain.map((value) => Math.min(1, 2 * value)),
      ),
    ).toBeLessThan(1e-6)
    const error = (quality: number) => {
      const made = apply(x, { ...none, quality })
      return made.reduce((sum, value, i) => sum + (value - (plain[i] ?? 0)) ** 2, 0) / made.length
    }
    const [low, middle, high] = [error(10), error(50), error(95)]
    expect(low).toBeGreaterThan(1.3 * middle)
    expect(middle).toBeGreaterThan(1.3 * high)
    expect(high).toBeGreaterThan(0)
    expect(high).toBeLessThan(1e-3)
    x.dispose()
  })

  test('let gradients through, JPEG as if it were not there', () => {
    const gradients = (attack: Attack) =>
      tf.tidy(() => {
        const tensors = attackTensors({ size: SIZE, each: [attack] }, SIZE)
        return tf
          .grad((x: tf.Tensor) => tf.sum(tf.square(attacked(x as tf.Tensor4D, tensors))))(picture())
          .dataSync()
      })
    const lit = gradients({ ...none, gain: 1.1 })
    const compressed = gradients({ ...none, gain: 1.1, quality: 90 })
    expect(Math.max(...lit.map(Math.abs))).toBeGreaterThan(0.5)
    // Only the outer square is computed at other values.
    expect(furthest(compressed, lit)).toBeLessThan(0.3)
  })
})
