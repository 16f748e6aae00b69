import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decode, encode } from '../../inference/graphs.ts'
import type { Autoencoder } from '../../models/autoencoders/autoencoder.ts'
import { asUnit } from '../../signal/images.ts'
import { purifyImages } from './purify.ts'
import { pictures, tinyAutoencoder } from './testing.ts'

let autoencoder: Autoencoder
let tensors = 0
beforeAll(async () => {
  await tf.setBackend('cpu')
  autoencoder = await tinyAutoencoder()
  tensors = tf.memory().numTensors
})
afterAll(() => {
  expect(tf.memory().numTensors).toBe(tensors)
  autoencoder.dispose()
})

const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!)

test('images come back as the autoencoder has them, clamped, at their own size', async () => {
  const x = pictures(2, 1)
  const made = await purifyImages(autoencoder, x)
  const wanted = tf.tidy(() => tf.clipByValue(decode(autoencoder, encode(autoencoder, x)), 0, 1))
  expect(apart(made, wanted)).toBeLessThan(1e-5)
  const odd = asUnit(tf.randomUniform([1, 13, 19, 3], 0, 1, 'float32', 2))
  const same = await purifyImages(autoencoder, odd)
  expect(same.shape).toEqual([1, 13, 19, 3])
  tf.dispose([x, made, wanted, odd, same])
})

test('noise on latents is drawn by seed and grows with its share', async () => {
  const x = pictures(1, 1)
  const plain = await purifyImages(autoencoder, x)
  const [a, again, other, more] = await Promise.all(
    [
      { noise: 0.1, seed: 1 },
      { noise: 0.1, seed: 1 },
      { noise: 0.1, seed: 2 },
      { noise: 0.5, seed: 1 },
    ].map((options) => purifyImages(autoencoder, x, options)),
  )
  expect(apart(a!, again!)).toBe(0)
  expect(apart(a!, other!)).toBeGreaterThan(0)
  expect(apart(more!, plain)).toBeGreaterThan(apart(a!, plain))
  await expect(purifyImages(autoencoder, x, { noise: -1 })).rejects.toMatchObject({ code: 'bad-argument' })
  tf.dispose([x, plain, a!, again!, other!, more!])
})
