import '@tensorflow/tfjs-backend-cpu'
import { extractorState, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { at } from '../at.ts'
import { type Autoencoder, withWeights } from '../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import '../ops/gradients.ts'
import { asUnit } from '../signal/images.ts'
import { randomKeys } from '../signal/key.ts'
import { evaluateDecoder } from '../signing/evaluate-decoder.ts'
import { prepareImages } from '../signing/prepared-images.ts'
import { jpegJsCodec } from '../transforms/codec/jpeg-js-codec.ts'
import { comparePictures } from './compare-pictures.ts'
import { type EvaluationOptions, evaluate } from './evaluate.ts'
import type { EvaluationRow } from './row.ts'

const shape = { width: 4, latentChannels: 4, pooled: true, spelling: 'taesd' } as const
const ATTACKS = ['none', 'noise:0.1', 'crop:0.5+jpeg:60,4:4:4']
/** Two groups, the second of them smaller. */
const IMAGES = 10
let autoencoder: Autoencoder
let extractor: Extractor
let tensors = 0

beforeAll(async () => {
  await tf.setBackend('cpu')
  autoencoder = await loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })
  extractor = await loadExtractor(extractorState({ bits: 8, channels: 4, blocks: 1 }))
  tensors = tf.memory().numTensors
})
afterAll(() => {
  expect(tf.memory().numTensors).toBe(tensors)
  autoencoder.dispose()
  extractor.dispose()
})

const keys = randomKeys(2, 8, { seed: 1 })
const images = {
  length: IMAGES,
  // Every third is wider: a group may have several sizes.
  read: async (index: number) => asUnit(tf.randomUniform([1, 8, index % 3 ? 8 : 16, 3], 0, 1, 'float32', index)),
}
let opened: number[] = []
/** Decoders that differ from the original, and from each other, a little. */
const decoders = {
  length: 2,
  open: async (index: number) => {
    opened.push(index)
    const weights = Object.fromEntries(
      Object.entries(autoencoder.decoder.weights).map(([name, weight]) => [
        name,
        tf.tidy(() => tf.mul(weight, 1 + 0.05 * (index + 1))),
      ]),
    )
    return { key: at(keys, index), decoder: withWeights(autoencoder.decoder, weights) }
  },
}
const run = (more: Partial<EvaluationOptions> = {}) =>
  evaluate({ autoencoder, extractor, decoders, images, attacks: ATTACKS, codec: jpegJsCodec(), ...more })

test('a row for each key and image, each as evaluateDecoder has it', async () => {
  opened = []
  const rows = await run()
  expect(rows.map(({ key, image }) => [key, image])).toEqual(
    [0, 1].flatMap((key) => Array.from({ length: IMAGES }, (_, image) => [key, image])),
  )
  expect(opened).toEqual([0, 1])
  const { key, decoder } = await decoders.open(1)
  const alone = await evaluateDecoder({ autoencoder, decoder, extractor, key, images })
  const plain = await evaluateDecoder({ autoencoder, decoder: autoencoder.decoder, extractor, key, images })
  decoder.dispose()
  for (const [image, row] of rows.slice(IMAGES).entries()) {
    expect(row.marked[0]).toBe(at(alone.images, image).matches)
    expect(row.unmarked[0]).toBe(at(plain.images, image).matches)
    expect(row.psnr).toBe(at(alone.images, image).psnr)
    expect(row.ssim).toBe(at(alone.images, image).ssim)
    expect(row.maskedPsnr).toBeGreaterThan(5)
    expect(row.marked.length + row.unmarked.length).toBe(2 * ATTACKS.length)
  }
  expect(tf.memory().numTensors).toBe(tensors)
})

test('stopped anywhere and gone on with, it ends with the rows of a run that was not', async () => {
  const whole = await run()
  for (const stopAfter of [8, 18]) {
    const controller = new AbortController()
    const kept: EvaluationRow[] = []
    const stopped = run({
      signal: controller.signal,
      onRows: async (rows) => {
        kept.push(...rows)
        if (kept.length >= stopAfter) controller.abort()
      },
    })
    await expect(stopped).rejects.toMatchObject({
      code: 'aborted',
      message: `stopped after ${stopAfter} of 20 pictures`,
    })
    expect(tf.memory().numTensors).toBe(tensors)
    // The last line of a file may be lost: its group is then made again.
    opened = []
    const resumed = await run({ done: kept.slice(0, -1) })
    expect(JSON.stringify(resumed)).toBe(JSON.stringify(whole))
  }
  opened = []
  expect(await run({ done: whole })).toEqual(whole)
  expect(opened).toEqual([])
})

test('a picture of the original and of the signed decoder, side by side', async () => {
  const prepared = prepareImages({ autoencoder, images })
  const { unsigned, signed } = await comparePictures(prepared, 0, autoencoder.decoder)
  expect([unsigned.width, unsigned.height, unsigned.data.length]).toEqual([16, 8, 16 * 8 * 3])
  expect(signed).toEqual(unsigned)
})

describe('what is wrong is said', () => {
  test.each<[string, Partial<EvaluationOptions>, string, string]>([
    ['no decoder', { decoders: { ...decoders, length: 0 } }, 'bad-argument', 'no signed decoders'],
    ['no image', { images: { ...images, length: 0 } }, 'bad-argument', 'no images to evaluate'],
    ['an unknown attack', { attacks: ['shrink:2'] }, 'bad-argument', "there is no transform 'shrink'"],
    ['an attack twice', { attacks: ['none', 'none'] }, 'bad-argument', "'none' is named twice"],
    ['no attack', { attacks: [] }, 'bad-argument', 'expected at least one'],
    ['no codec', { codec: undefined }, 'bad-argument', 'needs a codec'],
    [
      'a key of another length',
      { decoders: { length: 1, open: async () => ({ ...(await decoders.open(0)), key: at(randomKeys(1, 9), 0) }) } },
      'bad-key',
      'found 9',
    ],
    [
      'a decoder that makes no picture',
      {
        decoders: {
          length: 1,
          open: async () => {
            const { weights } = autoencoder.decoder
            const broken = Object.fromEntries(
              Object.entries(weights).map(([name, weight]) => [name, tf.fill(weight.shape, Number.NaN)]),
            )
            return { key: at(keys, 0), decoder: withWeights(autoencoder.decoder, broken) }
          },
        },
      },
      'not-finite',
      'image 0 (of 10, from 0), by the signed decoder',
    ],
  ])('%s', async (_, change, code, message) => {
    const before = tf.memory().numTensors
    await expect(run(change)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
    expect(tf.memory().numTensors).toBe(before)
  })
})
