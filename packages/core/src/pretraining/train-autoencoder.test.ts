import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { readAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import '../ops/gradients.ts'
import { memorySource, openWeights, writeSafetensors } from '@stablesig/weights'
import { asUnit } from '../signal/images.ts'
import { autoencoderInCheckpoint } from './autoencoder-checkpoint.ts'
import { memoryCheckpoint, stripes } from './testing.ts'
import { type AutoencoderProgress, type TrainAutoencoderOptions, trainAutoencoder } from './train-autoencoder.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const level = (channels: number, blocks: number) => ({ channels, blocks })
const options = (more: Partial<TrainAutoencoderOptions> = {}): TrainAutoencoderOptions => ({
  pictures: stripes(3, 24),
  steps: 6,
  architecture: {
    latentChannels: 4,
    encoder: [level(8, 0), level(8, 0), level(8, 1)],
    decoder: [level(8, 0), level(8, 0), level(8, 0), level(8, 1)],
  },
  batchSize: 2,
  size: 16,
  maxReduction: 1.5,
  learningRate: 5e-3,
  ...more,
})

/** Runs; no tensor may be left. */
async function run(more: Partial<TrainAutoencoderOptions> = {}) {
  const before = tf.memory().numTensors
  const steps: AutoencoderProgress[] = []
  try {
    const trained = await trainAutoencoder(options({ onStep: (step) => void steps.push(step), ...more }))
    return { ...trained, steps }
  } finally {
    expect(tf.memory().numTensors).toBe(before)
  }
}

const dataOf = (tensors: Awaited<ReturnType<typeof run>>['tensors']) =>
  Object.entries(tensors).map(([name, { data }]) => [name, Array.from(data)])

describe('trainAutoencoder', () => {
  test('learns, and what it gives is read as an autoencoder that does what it was trained to do', async () => {
    const { tensors, steps } = await run({ steps: 40 })
    const mean = (some: AutoencoderProgress[]) => some.reduce((sum, { psnr }) => sum + psnr, 0) / some.length
    expect(mean(steps.slice(-10))).toBeGreaterThan(mean(steps.slice(0, 10)) + 2)
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))

    const file = await openWeights(memorySource('trained', writeSafetensors(tensors)))
    const before = tf.memory().numTensors
    const autoencoder = await readAutoencoder(file)
    expect(autoencoder).toMatchObject({ latentChannels: 4, downscale: 8 })
    const error = tf.tidy(() => {
      const { encoder, decoder } = autoencoder
      const images = asUnit(tf.fill([1, 16, 24, 3], 0.5))
      const made = decoder.apply(decoder.weights, encoder.apply(encoder.weights, images))
      expect(made.shape).toEqual([1, 16, 24, 3])
      return tf.mean(tf.abs(tf.sub(made, images))).dataSync()[0]
    })
    expect(error).toBeLessThan(0.25)
    autoencoder.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  test('is the same, bit for bit, when it is stopped and resumed, and for another seed it is not', async () => {
    const whole = await run()
    const checkpoint = memoryCheckpoint(2)
    const controller = new AbortController()
    const stop = run({
      checkpoint,
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step === 3) controller.abort()
      },
    })
    await expect(stop).rejects.toMatchObject({ code: 'aborted' })
    const resumed = await run({ checkpoint })
    expect(resumed.resumedAt).toBe(3)
    expect(dataOf((await autoencoderInCheckpoint(checkpoint.bytes!, options())).tensors)).toEqual(dataOf(whole.tensors))
    expect(resumed.steps.map(({ step }) => step)).toEqual([4, 5, 6])
    expect(dataOf(resumed.tensors)).toEqual(dataOf(whole.tensors))
    expect(dataOf((await run({ seed: 1 })).tensors)).not.toEqual(dataOf(whole.tensors))
  })

  test('refuses the checkpoint of another run, a damaged one, and pictures that are too small', async () => {
    const checkpoint = memoryCheckpoint(2)
    await run({ checkpoint })
    const refused = { code: 'bad-checkpoint' }
    await expect(run({ checkpoint, learningRate: 1e-3 })).rejects.toMatchObject(refused)
    checkpoint.bytes = checkpoint.bytes!.slice(0, 100)
    await expect(run({ checkpoint })).rejects.toMatchObject(refused)
    await expect(run({ pictures: stripes(2, 12) })).rejects.toMatchObject({ code: 'bad-image' })
    await expect(run({ size: 12 })).rejects.toMatchObject({ code: 'bad-argument' })
  })

  test('says when the loss is lost', async () => {
    await expect(run({ learningRate: 1e30 })).rejects.toMatchObject({ code: 'not-finite' })
  })
})
