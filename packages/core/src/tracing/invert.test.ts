import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mseOfImages } from '../metrics/mse-of-images.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { invertLatent } from './invert.ts'
import { hasStalled } from './invert-batch.ts'
import { made, noiseImages, tinyAutoencoder, vqAutoencoder } from './testing.ts'

let autoencoder: Autoencoder
let belonging: UnitImages
let foreign: UnitImages

beforeAll(async () => {
  await tf.setBackend('cpu')
  autoencoder = await tinyAutoencoder()
  belonging = await made(autoencoder, 'belonging', [2, 16, 16])
  foreign = noiseImages('foreign', [2, 16, 16])
})
afterAll(() => {
  tf.dispose([belonging, foreign])
  autoencoder.dispose()
})

const losses = async (options: Partial<Parameters<typeof invertLatent>[0]>) => {
  const found = await invertLatent({ autoencoder, images: belonging, iterations: 6, ...options })
  found.dispose()
  return found.images.map((image) => image.losses)
}

describe('invertLatent', () => {
  test('reports the least loss, its latent and picture, and leaves their tensors alone', async () => {
    const before = tf.memory().numTensors
    const found = await invertLatent({ autoencoder, images: belonging, iterations: 12 })
    expect(tf.memory().numTensors).toBe(before + 3)
    const errors = tf.tidy(() => mseOfImages(found.reconstructions, belonging).dataSync())
    for (const [i, image] of found.images.entries()) {
      expect(image.losses).toHaveLength(12)
      expect(image.score).toBe(Math.min(...image.losses))
      expect(image.losses[image.bestIteration]).toBe(image.score)
      expect(errors[i]).toBeCloseTo(image.score, 9)
      expect(image.drop).toBeLessThan(1)
      expect(image.roundingUnits).toBeCloseTo(image.score * 12 * 255 ** 2, 9)
      const floor = (1 - (2 * 2 * 4) / (16 * 16 * 3)) / (12 * 255 ** 2)
      expect(image.excess).toBeCloseTo((image.score - floor) / (image.losses[0] ?? 0), 9)
      expect(image.stalled).toBe(false)
    }
    expect(found.learningRates.slice(0, 3)).toEqual([0.05, 0.025, 0.025])
    found.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  test('reproduces what the decoder made and not what it did not', async () => {
    const both = await Promise.all(
      [belonging, foreign].map((images) => invertLatent({ autoencoder, images, iterations: 80 })),
    )
    const [of, other] = both.map(({ images }) => images.map(({ excess }) => excess))
    expect(Math.max(...(of ?? []))).toBeLessThan(Math.min(...(other ?? [])) / 2)
    const shares = both.map(({ images }) => images.map(({ exactShare }) => exactShare))
    expect(Math.min(...(shares[0] ?? []))).toBeGreaterThan(Math.max(...(shares[1] ?? [])))
    for (const found of both) found.dispose()
  })

  test('has the same trajectory whichever images are inverted together and however many iterations at a time', async () => {
    const whole = await losses({})
    expect(await losses({ memoryBytes: 1 })).toEqual(whole)
    expect(await losses({ iterationsPerFlush: 4 })).toEqual(whole)
    const second = tf.slice(belonging, [1, 0, 0, 0])
    expect(await losses({ images: asUnit(second) })).toEqual(whole.slice(1))
    second.dispose()
  })

  test('begins at a latent that is given, or at random ones by image', async () => {
    const found = await invertLatent({ autoencoder, images: belonging, iterations: 6 })
    const [again] = await losses({ start: found.latents })
    expect(again?.[0]).toBeCloseTo(found.images[0]?.score ?? 0, 9)
    const random = await losses({ start: 'random', seed: 3, memoryBytes: 1 })
    expect(await losses({ start: 'random', seed: 3 })).toEqual(random)
    expect(await losses({ start: 'random', seed: 4 })).not.toEqual(random)
    found.dispose()
  })

  test('gives up an image that stalls, without a change for the others', async () => {
    const free = await losses({ iterations: 40 })
    const schedule = () => 0.02
    // White is reproduced at once, or never: its loss stands still.
    const white = asUnit(
      tf.tidy(() => tf.concat([tf.ones([1, 16, 16, 3]), tf.slice(belonging, [0, 0, 0, 0], [1, -1, -1, -1])])),
    )
    const plateau = { patience: 5, improvement: 0.05 }
    const found = await invertLatent({ autoencoder, images: white as UnitImages, iterations: 40, plateau, schedule })
    const [stalls, goesOn] = found.images
    const alone = await losses({ iterations: 40, schedule, plateau })
    expect(goesOn?.losses).toEqual(alone[0])
    expect(stalls?.losses.length).toBeLessThanOrEqual(40)
    expect(hasStalled(stalls?.losses ?? [], 5, 0.05)).toBe(stalls?.stalled)
    expect(found.images.some(({ stalled }) => stalled)).toBe(true)
    expect(free[0]).toHaveLength(40)
    found.dispose()
    white.dispose()
  })

  test('leaves no tensor when it is stopped or fails, and says where it was', async () => {
    const before = tf.memory().numTensors
    const controller = new AbortController()
    const stopped = invertLatent({
      autoencoder,
      images: belonging,
      memoryBytes: 1,
      iterations: 4,
      signal: controller.signal,
      onProgress: ({ imagesDone, iteration }) => {
        if (imagesDone === 1 && iteration === 2) controller.abort(new Error('enough'))
      },
    })
    await expect(stopped).rejects.toMatchObject({
      code: 'aborted',
      message: 'stopped after 2 of 4 iterations of image 2',
    })
    const broken = noiseImages('a', [1, 16, 16])
    const failed = invertLatent({ autoencoder, images: broken, iterations: 3, schedule: () => Number.NaN })
    await expect(failed).rejects.toMatchObject({ code: 'not-finite' })
    const wrong = tf.zeros<tf.Rank.R4>([1, 3, 3, 4])
    await expect(invertLatent({ autoencoder, images: broken, start: wrong })).rejects.toThrow(
      'start has shape [1,3,3,4]',
    )
    tf.dispose([broken, wrong])
    expect(tf.memory().numTensors).toBe(before)
  })

  test('refuses images off the grid and says what cuts them', async () => {
    const odd = noiseImages('odd', [1, 20, 16])
    await expect(invertLatent({ autoencoder, images: odd })).rejects.toThrow('cut them by cropToGrid')
    odd.dispose()
  })

  test('a VQ search begins at codes and goes on between them', async () => {
    const vq = await vqAutoencoder()
    const images = noiseImages('vq', [1, 8, 8])
    const before = tf.memory().numTensors
    const found = await invertLatent({ autoencoder: { ...vq, latents: autoencoder.latents }, images, iterations: 10 })
    const codes = vq.decoder.quantiser?.codebook
    const distance = (z: tf.Tensor4D) =>
      tf.tidy(() => {
        const rows = tf.reshape(z, [-1, 1, 4])
        return tf.max(tf.min(tf.sum(tf.abs(tf.sub(rows, codes ?? 0)), 2), 1)).dataSync()[0] ?? 0
      })
    expect(distance(found.lastLatents)).toBeGreaterThan(1e-3)
    expect(found.images[0]?.score).toBeLessThan(found.images[0]?.losses[0] ?? 0)
    found.dispose()
    expect(tf.memory().numTensors).toBe(before)
    tf.dispose(images)
    vq.dispose()
  })
})

test('hasStalled looks at the last iterations alone', () => {
  expect(hasStalled([4, 3, 2, 1], 2, 0.1)).toBe(false)
  expect(hasStalled([4, 1, 1, 1], 2, 0.1)).toBe(true)
  expect(hasStalled([4, 1, 0.95, 0.93], 2, 0.1)).toBe(true)
  expect(hasStalled([4, 1], 2, 0.1)).toBe(false)
})
