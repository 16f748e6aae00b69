import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { loadAutoencoder } from '../models/autoencoders/read-autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import { asUnit } from '../signal/images.ts'
import { keyFromBits } from '../signal/key.ts'
import type { ImageSet } from '../training/image-set.ts'
import { selfTest } from './self-test.ts'

let autoencoder: Autoencoder
let extractor: Extractor
let alive: number
const SIZE = 16

/** Noise about grey: `level` moves it away from .5. */
const images = (length: number, level = 0.5): ImageSet => ({
  length,
  async read(index, size) {
    const values = noise(`${index}`, size * size * 3, 0.1).map((x) => x + level)
    return asUnit(tf.tensor4d(values, [1, size, size, 3]))
  },
})
/** An extractor whose logits all have so much added. */
const shifted = (by: number): Extractor => ({
  ...extractor,
  weights: { ...extractor.weights, 'head.bias': bias(by) },
})
const biases: tf.Tensor[] = []
const bias = (by: number) => {
  const made = tf.tidy(() => tf.add(extractor.weights['head.bias']!, by))
  biases.push(made)
  return made
}

beforeAll(async () => {
  await tf.setBackend('cpu')
  const shape = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
  autoencoder = await loadAutoencoder({ encoder: tinyState('encoder', shape), decoder: tinyState('decoder', shape) })
  extractor = await loadExtractor(extractorState({ bits: 4, channels: 4, blocks: 1, prefix: '0.' }))
})
afterAll(() => {
  autoencoder.dispose()
  extractor.dispose()
})
beforeEach(() => {
  alive = tf.memory().numTensors
})
afterEach(() => {
  tf.dispose(biases.splice(0))
  expect(tf.memory().numTensors).toBe(alive)
})

test('tells of an autoencoder of random weights that it gives nothing back, with its PSNR', async () => {
  const {
    images: seen,
    psnr,
    findings,
  } = await selfTest({ autoencoder, extractor, images: images(3, 0.9), size: SIZE })
  expect(seen).toBe(3)
  expect(psnr).toBeLessThan(15)
  expect(findings[0]).toMatch(/^the autoencoder does not give images back: -?[\d.]+ dB over 3 of them/)
  expect(findings).toHaveLength(1)
})

test('tells of logits that are far from 0 on every image, and by how much', async () => {
  const far = await selfTest({ autoencoder, extractor: shifted(100), images: images(12), size: SIZE })
  expect(far.bias).toBeGreaterThan(10)
  expect(far.findings.at(-1)).toContain('logits are not centred on plain images')
  // Of few images nothing is said about bits.
  const few = await selfTest({ autoencoder, extractor: shifted(100), images: images(4), size: SIZE })
  expect(few.findings.join()).not.toContain('centred')
})

test('bias is the mean of |mean|/deviation over bits', async () => {
  const near = await selfTest({ autoencoder, extractor, images: images(12), size: SIZE })
  const far = await selfTest({ autoencoder, extractor: shifted(1000), images: images(12), size: SIZE })
  const farther = await selfTest({ autoencoder, extractor: shifted(2000), images: images(12), size: SIZE })
  expect(near.bias).toBeLessThan(far.bias)
  expect(farther.bias / far.bias).toBeCloseTo(2, 1)
})

test('tells of a bit that answers far less than others do, where bits are white', async () => {
  const third = tf.tidy(() => tf.mul(extractor.weights['head.weight']!, tf.tensor1d([1, 1, 0.1, 1])))
  const uneven: Extractor = { ...extractor, whitened: true, weights: { ...extractor.weights, 'head.weight': third } }
  const test = (of: Extractor) => selfTest({ autoencoder, extractor: of, images: images(2), size: SIZE })
  const { weakest, findings } = await test(uneven)
  expect(weakest.bit).toBe(2)
  expect(weakest.share).toBeLessThan(1 / 3)
  expect(findings.at(-1)).toMatch(/^bit 3 of the extractor answers [\d.]+ times less than the middle one/)
  expect((await test({ ...uneven, whitened: false })).findings.join()).not.toContain('answers')
  third.dispose()
})

test('tells of a hard key, in how far it is harder than others', async () => {
  // Together the bits hardly answer: a key of equal bits is hard.
  const opposed = tf.tidy(() => {
    const [a, b, c, d] = tf.split(extractor.weights['head.weight']!, 4, 1)
    return tf.concat([a!, b!, c!, tf.sub(tf.mul(d!, 0.02), tf.addN([a!, b!, c!]))], 1)
  })
  const other: Extractor = { ...extractor, weights: { ...extractor.weights, 'head.weight': opposed } }
  const test = (...bits: number[]) =>
    selfTest({ autoencoder, extractor: other, images: images(2), size: SIZE, key: keyFromBits(bits) })
  const easy = await test(1, 1, 0, 0)
  expect(easy.effort).toBeLessThan(1)
  expect(easy.findings.join()).not.toContain('the key asks')
  const hard = await test(1, 1, 1, 1)
  expect(hard.effort).toBeGreaterThan(2)
  expect(hard.findings.at(-1)).toMatch(/^the key asks [\d.]+ times as much/)
  opposed.dispose()
})

test('tells of a temperature at which plain logits count for more than the key, and of one that suits', async () => {
  const given = { autoencoder, extractor, images: images(8), size: SIZE }
  const { deviation } = await selfTest(given)
  const found = async (temperature: number) => (await selfTest({ ...given, temperature })).findings.join()
  expect(await found(2.7 / deviation)).not.toContain('temperature')
  const hot = 2.9 / deviation
  expect(await found(hot)).toContain(`at a temperature of ${hot} `)
  expect(await found(hot)).toContain(`: ${(1.4 / deviation).toPrecision(2)} suits this extractor`)
})

test('looks at no more images than it is told to, and ends between two of them', async () => {
  const read: number[] = []
  const set: ImageSet = {
    length: 50,
    read(index, size) {
      read.push(index)
      return images(50).read(index, size)
    },
  }
  expect((await selfTest({ autoencoder, extractor, images: set, size: SIZE, count: 2 })).images).toBe(2)
  expect(read).toEqual([0, 1])
  const stopped = selfTest({ autoencoder, extractor, images: set, size: SIZE, signal: AbortSignal.abort() })
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
  await expect(selfTest({ autoencoder, extractor, images: images(0) })).rejects.toMatchObject({ code: 'bad-argument' })
})
