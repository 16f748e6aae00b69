import '@tensorflow/tfjs-backend-cpu'
import { extractorState, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Autoencoder, joinAutoencoder } from '../models/autoencoders/autoencoder.ts'
import { affineScaling } from '../models/autoencoders/latents.ts'
import { randomKlDecoder, randomKlEncoder } from '../models/autoencoders/random.ts'
import { loadAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import '../ops/gradients.ts'
import { withWeights } from '../models/autoencoders/autoencoder.ts'
import { asUnit } from '../signal/images.ts'
import { keyFromBits } from '../signal/key.ts'
import { evaluateDecoder } from './evaluate-decoder.ts'
import { finetuneDecoder } from './finetune.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const KL = { widths: [4, 8], latentChannels: 2, groups: 2, blocks: 1 }
const families: [string, () => Promise<Autoencoder>][] = [
  ['kl', async () => joinAutoencoder(randomKlEncoder(KL, 1), randomKlDecoder(KL, 2), affineScaling(1))],
  [
    'tiny',
    () => {
      const shape = { width: 4, latentChannels: 4, pooled: true, spelling: 'taesd' } as const
      return loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })
    },
  ],
]

test.each(families)('the %s family is judged on images of any size, at that size', async (_, open) => {
  const autoencoder = await open()
  const extractor = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1 }))
  const before = tf.memory().numTensors
  const sizes: [number, number][] = [
    [19, 13],
    [16, 24],
  ]
  const seen: number[][] = []
  const { images, total } = await evaluateDecoder({
    autoencoder,
    decoder: autoencoder.decoder,
    extractor,
    key: keyFromBits([1, 0, 1, 1]),
    images: {
      length: sizes.length,
      read: async (index) => asUnit(tf.randomUniform([1, ...sizes[index]!, 3], 0, 1, 'float32', index)),
    },
    attack: (image) => {
      seen.push(image.shape.slice(1, 3))
      return image
    },
  })
  expect(seen).toEqual(sizes)
  expect(total).toBe(8)
  // The same weights on both sides: not one level differs.
  for (const { psnr, ssim } of images) expect([psnr, ssim]).toEqual([Number.POSITIVE_INFINITY, 1])
  expect(tf.memory().numTensors).toBe(before)
  autoencoder.dispose()
  extractor.dispose()
})

describe('what is not finite', () => {
  const pictures = () => {
    const images = { length: 2, read: async () => asUnit(tf.randomUniform([1, 16, 16, 3], 0, 1, 'float32', 1)) }
    return { key: keyFromBits([1, 0, 1, 1]), images }
  }

  test.each(families)(
    'of a decoder of the %s family is an error that names the picture, not a black one',
    async (_, open) => {
      const autoencoder = await open()
      const extractor = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1 }))
      const weights = Object.fromEntries(
        Object.entries(autoencoder.decoder.weights).map(([name, weight]) => [name, tf.fill(weight.shape, Number.NaN)]),
      )
      const decoder = withWeights(autoencoder.decoder, weights)
      const before = tf.memory().numTensors
      await expect(evaluateDecoder({ autoencoder, decoder, extractor, ...pictures() })).rejects.toMatchObject({
        code: 'not-finite',
        message: expect.stringMatching(/^image 0 \(of 2, from 0\), by the signed decoder: value 1 of 768 is NaN/),
      })
      expect(tf.memory().numTensors).toBe(before)
      decoder.dispose()
      autoencoder.dispose()
      extractor.dispose()
    },
  )

  test('of an extractor is one too, and counts no bit', async () => {
    const autoencoder = await families[1]![1]()
    const extractor = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1 }))
    const weights = { ...extractor.weights, 'head.bias': tf.fill([4], Number.POSITIVE_INFINITY) }
    const broken = { ...extractor, weights }
    const { decoder } = autoencoder
    await expect(evaluateDecoder({ autoencoder, decoder, extractor: broken, ...pictures() })).rejects.toMatchObject({
      code: 'not-finite',
      message: 'Logit 1 of 4 is Infinity: image 0 (of 2, from 0) cannot be read',
    })
    tf.dispose(weights['head.bias'])
    autoencoder.dispose()
    extractor.dispose()
  })
})

test.each(families)('the %s family is trained on images that are not square, in whole blocks', async (_, open) => {
  const autoencoder = await open()
  const extractor = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1 }))
  const before = tf.memory().numTensors
  const train = (height: number, width: number) =>
    finetuneDecoder({
      ...{ autoencoder, extractor, key: keyFromBits([1, 0, 1, 1]), steps: 1, batchSize: 2, size: 8 },
      images: {
        length: 2,
        read: async (index) => asUnit(tf.randomUniform([1, height, width, 3], 0, 1, 'float32', index)),
      },
    })
  const { decoder } = await train(8, 16)
  decoder.dispose()
  await expect(train(8, 15)).rejects.toThrow(/15 x 8: sides must be multiples/)
  expect(tf.memory().numTensors).toBe(before)
  autoencoder.dispose()
  extractor.dispose()
})
