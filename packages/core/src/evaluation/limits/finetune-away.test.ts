import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { at } from '../../at.ts'
import { decode, encode } from '../../inference/graphs.ts'
import type { Autoencoder, LatentDecoder } from '../../models/autoencoders/autoencoder.ts'
import '../../ops/gradients.ts'
import { adamW } from '../../training/optimizers.ts'
import { finetuneMarkAway } from './finetune-away.ts'
import { pictures, scaled, tinyAutoencoder } from './testing.ts'

let autoencoder: Autoencoder
let signed: LatentDecoder
let tensors = 0
beforeAll(async () => {
  await tf.setBackend('cpu')
  autoencoder = await tinyAutoencoder()
  signed = scaled(autoencoder.decoder, 1.05)
  tensors = tf.memory().numTensors
})
afterAll(() => {
  expect(tf.memory().numTensors).toBe(tensors)
  signed.dispose()
  autoencoder.dispose()
})

const images = { length: 3, read: async (index: number) => pictures(1, index) }
const options = () => ({
  autoencoder: { ...autoencoder, decoder: signed },
  images,
  size: 16,
  batchSize: 2,
  learningRate: 1e-3,
})
const valuesOf = (decoder: LatentDecoder) =>
  Object.values(decoder.weights).map((weight) => Array.from(weight.dataSync()))

test('comes nearer to the photographs, and the decoder that was given stays as it was', async () => {
  const before = valuesOf(signed)
  const losses: number[] = []
  const seen: [number, number][] = []
  const made = await finetuneMarkAway({
    ...options(),
    ...{ steps: 12, decodersAt: [4, 8] },
    onStep: ({ mse }) => void losses.push(mse),
    onDecoder: (decoder, step) => void seen.push([step, tf.memory().numTensors - Object.keys(decoder.weights).length]),
  })
  expect(seen.map(([step]) => step)).toEqual([4, 8, 12])
  expect(at(losses, 11)).toBeLessThan(at(losses, 0))
  expect(valuesOf(signed)).toEqual(before)
  const again = await finetuneMarkAway({ ...options(), steps: 12 })
  expect(valuesOf(again)).toEqual(valuesOf(made))
  made.dispose()
  again.dispose()
})

test('the first step is the gradient of the mean squared error: finite differences', async () => {
  // Weight decay 0 and a first step of AdamW: each weight moves against the sign of its gradient.
  const rate = 1e-5
  const made = await finetuneMarkAway({
    ...options(),
    ...{ steps: 1, learningRate: rate, batchSize: 3, optimizer: adamW({ weightDecay: 0 }) },
  })
  const loss = (name: string, place: number, shift: number): number =>
    tf.tidy(() => {
      const weight = signed.weights[name]!
      const values = Float32Array.from(weight.dataSync())
      values[place] = values[place]! + shift
      const weights = { ...signed.weights, [name]: tf.tensor(values, weight.shape) }
      const x = tf.concat([0, 1, 2].map((i) => pictures(1, i))) as ReturnType<typeof pictures>
      const decoded = decode({ decoder: signed }, encode(autoencoder, x), weights)
      return tf.mean(tf.square(tf.sub(decoded, x))).dataSync()[0]!
    })
  let compared = 0
  for (const name of Object.keys(signed.weights).filter((name) => name.endsWith('bias'))) {
    const slope = loss(name, 0, 1e-2) - loss(name, 0, -1e-2)
    if (Math.abs(slope) < 1e-5) continue
    const moved = made.weights[name]!.dataSync()[0]! - signed.weights[name]!.dataSync()[0]!
    expect(Math.sign(moved), name).toBe(-Math.sign(slope))
    compared++
  }
  expect(compared).toBeGreaterThan(5)
  made.dispose()
})

test('what stops it leaves no tensor behind', async () => {
  const before = tf.memory().numTensors
  const controller = new AbortController()
  const stopped = finetuneMarkAway({
    ...options(),
    ...{ steps: 5, signal: controller.signal },
    onStep: ({ step }) => {
      if (step === 2) controller.abort()
    },
  })
  await expect(stopped).rejects.toMatchObject({ code: 'aborted', message: 'stopped after 2 of 5 steps' })
  const failing = finetuneMarkAway({
    ...options(),
    steps: 1,
    onDecoder: () => {
      throw new Error('no more')
    },
  })
  await expect(failing).rejects.toThrow('no more')
  await expect(finetuneMarkAway({ ...options(), steps: 1, size: 12 })).rejects.toThrow('a multiple of 8')
  await expect(finetuneMarkAway({ ...options(), steps: 3, learningRate: 1e30 })).rejects.toMatchObject({
    code: 'not-finite',
  })
  expect(tf.memory().numTensors).toBe(before)
})
