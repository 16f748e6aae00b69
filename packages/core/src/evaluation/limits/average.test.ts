import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decode } from '../../inference/graphs.ts'
import { type Autoencoder, withWeights } from '../../models/autoencoders/autoencoder.ts'
import { asUnit } from '../../signal/images.ts'
import { averageDecoders, averageImages } from './average.ts'
import { addResidual, averageResidual } from './residual.ts'
import { pictures, scaled, tinyAutoencoder } from './testing.ts'

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

test('the mean of decoders around one is that one, and outlives them', async () => {
  const { decoder } = autoencoder
  const users = [0.9, 1, 1.1].map((factor) => scaled(decoder, factor))
  const averaged = averageDecoders(users)
  for (const user of users) user.dispose()
  const latents = tf.randomNormal([1, 2, 2, 4], 0, 1, 'float32', 1) as tf.Tensor4D
  const [made, original] = [decode({ decoder: averaged }, latents), decode({ decoder }, latents)]
  expect(Object.keys(averaged.weights)).toEqual(Object.keys(decoder.weights))
  expect(tf.tidy(() => tf.max(tf.abs(tf.sub(made, original))).dataSync()[0])).toBeLessThan(1e-4)
  tf.dispose([latents, made, original])
  averaged.dispose()
})

test('what cannot be averaged is refused by its name', () => {
  const { decoder } = autoencoder
  const [first, ...others] = Object.entries(decoder.weights)
  expect(() => averageDecoders([decoder])).toThrow('decoders: expected an array of two or more')
  expect(() => averageDecoders([decoder, { ...decoder, weights: Object.fromEntries(others) }])).toThrow(
    `decoder 1 (from 0): tensor ${first![0]} has shape [none]`,
  )
  const gone = withWeights(decoder, { ...decoder.weights, [first![0]]: tf.scalar(1) })
  expect(() => averageDecoders([gone, decoder])).toThrow(`tensor ${first![0]} has shape`)
  gone.weights[first![0]]?.dispose()
})

test('pictures are averaged value by value', async () => {
  const [a, b] = [pictures(2, 1), pictures(2, 2)]
  const made = averageImages([a, b])
  const [x, y] = [await a.data(), await b.data()]
  expect(Array.from(await made.data())).toEqual(Array.from(x, (value, i) => expect.closeTo((value + y[i]!) / 2, 6)))
  const other = asUnit(tf.zeros([1, 16, 16, 3]))
  expect(() => averageImages([a, other])).toThrow('images differ')
  tf.dispose([a, b, made, other])
})

test('a residual is the mean difference, and is added at its strength and clamped', async () => {
  const unsigned = pictures(3, 1)
  const mark = tf.randomNormal([1, 16, 16, 3], 0, 0.02, 'float32', 1) as tf.Tensor4D
  const signed = tf.tidy(() => asUnit(tf.add(unsigned, mark)))
  const residual = averageResidual(signed, unsigned)
  expect(tf.tidy(() => tf.max(tf.abs(tf.sub(residual, mark))).dataSync()[0])).toBeLessThan(1e-6)
  const foreign = pictures(2, 9)
  const copied = addResidual(foreign, residual, 2)
  expect(tf.tidy(() => tf.max(tf.abs(tf.sub(tf.sub(copied, foreign), tf.mul(mark, 2)))).dataSync()[0])).toBeLessThan(
    1e-6,
  )
  const white = asUnit(tf.ones([1, 16, 16, 3]))
  const clamped = addResidual(white, residual)
  expect(Math.max(...(await clamped.data()))).toBe(1)
  const small = asUnit(tf.ones([1, 8, 8, 3]))
  expect(() => addResidual(small, residual)).toThrow('the residual is [1,16,16,3], expected [1, 8, 8, 3]')
  expect(() => averageResidual(signed, foreign)).toThrow('give the same pictures')
  tf.dispose([unsigned, mark, signed, residual, foreign, copied, white, clamped, small])
})
