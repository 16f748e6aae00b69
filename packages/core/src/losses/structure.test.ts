import '@tensorflow/tfjs-backend-cpu'
import { noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { asUnit } from '../signal/images.ts'
import { structureLoss } from './structure.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test('is that of the one window of an 8x8 image, by its definition, and 0 for equal images', () => {
  const before = tf.memory().numTensors
  tf.tidy(() => {
    const values = [0, 1].map((i) => Array.from(noise(`image ${i}`, 64, 0.1), (value) => 0.5 + value))
    const [a = [], b = []] = values
    const mean = (some: number[]) => some.reduce((sum, value) => sum + value, 0) / some.length
    const product = (x: number[], y: number[]) => mean(x.map((value, i) => value * (y[i] ?? 0))) - mean(x) * mean(y)
    const ssim =
      ((2 * mean(a) * mean(b) + 1e-4) * (2 * product(a, b) + 9e-4)) /
      ((mean(a) ** 2 + mean(b) ** 2 + 1e-4) * (product(a, a) + product(b, b) + 9e-4))
    const image = (some: number[]) =>
      asUnit(
        tf.tensor4d(
          some.flatMap((value) => [value, value, value]),
          [1, 8, 8, 3],
        ),
      )
    expect(structureLoss(image(a), image(b)).dataSync()[0]).toBeCloseTo(1 - ssim, 4)
    expect(structureLoss(image(a), image(a)).dataSync()[0]).toBeCloseTo(0, 5)
  })
  expect(tf.memory().numTensors).toBe(before)
})
