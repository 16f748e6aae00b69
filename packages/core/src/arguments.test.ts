import '@tensorflow/tfjs-backend-cpu'
import { extractorState, tinyState } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kindOf } from './arguments.ts'
import * as detection from './entries/detection.ts'
import type { UnitImage } from './entries/images.ts'
import * as encoding from './entries/latents.ts'
import * as models from './entries/models.ts'
import * as pretraining from './entries/pretraining.ts'
import * as training from './entries/training.ts'
import * as core from './index.ts'

let extractor: core.Extractor
let autoencoder: core.Autoencoder
let gone: { readonly extractor: core.Extractor; readonly autoencoder: core.Autoencoder }
let image: UnitImage
let batch: core.UnitImages
let latents: tf.Tensor4D
const key = core.randomKey(24, { seed: 1 })
const registry = new core.Registry(24)
registry.add('ada', key)
const images: core.ImageSet = { length: 2, read: async () => core.asUnitImages(tf.fill([1, 16, 16, 3], 0.5)) }

const open = async () => ({
  extractor: await core.loadExtractor(extractorState({ bits: 24, channels: 4, blocks: 1 })),
  autoencoder: await core.loadAutoencoder({
    encoder: tinyState('encoder', { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' }),
    decoder: tinyState('decoder', { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' }),
  }),
})

beforeAll(async () => {
  await tf.setBackend('cpu')
  ;({ extractor, autoencoder } = await open())
  gone = await open()
  gone.extractor.dispose()
  gone.autoencoder.dispose()
  image = await core.asUnitImages(tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 1, 'float32', 1))
  batch = await core.asUnitImages(tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 1))
  latents = tf.zeros([1, 4, 4, 4])
})
afterAll(() => {
  extractor.dispose()
  autoencoder.dispose()
  tf.dispose([image, batch, latents])
})

/** As a caller without types calls them. */
type Loose = (...given: unknown[]) => unknown
const all = { ...detection, ...encoding, ...models, ...pretraining, ...training, ...core }
const loose = all as unknown as Readonly<Record<string, Loose>>
const call = async (name: string, ...given: unknown[]) => loose[name]!(...given)

/** Calls that are right: a function, its arguments, and what they are made of. */
type Given = Readonly<Record<string, unknown>>
const OPTIONS: [string, (given: Given) => unknown[], () => Given][] = [
  ['detect', (o) => [image, o], () => ({ extractor, key })],
  ['detectKeys', (o) => [image, { ...o, key: undefined, keys: [o.key] }], () => ({ extractor, key })],
  ['detectTogether', (o) => [[image], o], () => ({ extractor, key })],
  ['identify', (o) => [image, o], () => ({ extractor, registry })],
  ['readLogits', (o) => [[image], o], () => ({ extractor })],
  ['finetuneDecoder', (o) => [o], () => ({ autoencoder, extractor, key, images, size: 16, steps: 1 })],
  ['evaluateDecoder', (o) => [o], () => ({ autoencoder, extractor, key, images, decoder: autoencoder?.decoder })],
  ['decode', (o) => [o.autoencoder, latents], () => ({ autoencoder })],
  ['encode', (o) => [o.autoencoder, batch], () => ({ autoencoder })],
  ['extractLogits', (o) => [o.extractor, batch], () => ({ extractor })],
  ['encodeImages', (o) => [o.autoencoder, batch], () => ({ autoencoder })],
  ['reconstructImages', (o) => [o.autoencoder, batch], () => ({ autoencoder })],
  ['decodeLatents', (o) => [o.autoencoder, latents], () => ({ autoencoder })],
  ['decodeTiled', (o) => [o.autoencoder, latents], () => ({ autoencoder })],
  ['encodeTiled', (o) => [o.autoencoder, batch], () => ({ autoencoder })],
  ['momentsTiled', (o) => [o.autoencoder, batch], () => ({ autoencoder })],
  ['portableExtractor', (o) => [o.extractor], () => ({ extractor })],
  ['withWhitening', (o) => [o.extractor, { weight: [], bias: [] }], () => ({ extractor })],
]

const MODELS = ['extractor', 'autoencoder', 'key', 'images', 'registry', 'decoder']
const places = OPTIONS.flatMap(([name, given, right]) =>
  Object.keys(right())
    .filter((place) => MODELS.includes(place))
    .map((place) => [name, place, given, right] as const),
)

describe.each(places)('%s, %s', (name, place, given, right) => {
  test.each<[string, unknown, RegExp]>([
    ['a promise', Promise.resolve(), /a Promise: await it/],
    ['nothing', undefined, /found undefined/],
    ['null', null, /found null/],
  ])('%s is a bad argument', async (_, wrong, message) => {
    const before = tf.memory().numTensors
    const error = await call(name, ...given({ ...right(), [place]: wrong })).catch((error: unknown) => error)
    expect(error).toMatchObject({
      name: 'StableSigError',
      code: 'bad-argument',
      message: expect.stringMatching(message),
    })
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('what was disposed', () => {
  test.each(places.filter(([, place]) => place === 'extractor' || place === 'autoencoder'))(
    '%s says so of its %s',
    async (name, place, given, right) => {
      const before = tf.memory().numTensors
      const disposed = place === 'extractor' ? gone.extractor : gone.autoencoder
      await expect(call(name, ...given({ ...right(), [place]: disposed }))).rejects.toMatchObject({
        code: 'disposed',
        message: expect.stringMatching(/has been disposed/),
      })
      expect(tf.memory().numTensors).toBe(before)
    },
  )

  test('images and signed weights too', async () => {
    const lost = tf.zeros([1, 32, 32, 3])
    lost.dispose()
    const weights = gone.autoencoder.decoder.weights
    for (const [name, given] of [
      ['detect', [lost, { extractor, key }]],
      ['encode', [autoencoder, lost]],
      ['encodeImages', [autoencoder, lost]],
      ['decode', [autoencoder, latents, weights]],
      ['decodeLatents', [autoencoder, latents, { weights }]],
      ['evaluateDecoder', [{ autoencoder, extractor, key, images, decoder: gone.autoencoder.decoder }]],
    ] as const)
      await expect(call(name, ...given)).rejects.toMatchObject({ code: 'disposed' })
  })

  test('also in the middle of the work', async () => {
    const models = await open()
    const working = core.finetuneDecoder({
      ...{ ...models, key, images, size: 16, steps: 3, batchSize: 1 },
      onStep: () => models.extractor.dispose(),
    })
    await expect(working).rejects.toMatchObject({ code: 'disposed' })
    models.autoencoder.dispose()
  })
})

describe('options', () => {
  const detect = (more: Given) => call('detect', image, { extractor, key, ...more })
  const train = (more: Given) =>
    call('finetuneDecoder', { autoencoder, extractor, key, images, size: 16, steps: 1, batchSize: 1, ...more })

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['none', () => call('detect', image), /options of detect.*undefined/],
    ['none to train with', () => call('finetuneDecoder'), /options of finetuneDecoder.*undefined/],
    ['a promise of options', () => call('detect', image, Promise.resolve({})), /await it/],
    ['a rate as text', () => detect({ fpr: '1e-6' }), /fpr is the text '1e-6'/],
    ['memory as text', () => detect({ memoryBytes: '1000' }), /memoryBytes is the text/],
    ['a controller for its signal', () => detect({ signal: new AbortController() }), /AbortController/],
    ['a promise of images', () => call('detect', Promise.resolve(image), { extractor, key }), /await it/],
    ['no images', () => call('detect', undefined, { extractor, key }), /undefined/],
    ['keys that are no list', () => call('detectKeys', image, { extractor, keys: key }), /keys.*array/],
    [
      'another way to combine',
      () => call('detectTogether', [image], { extractor, key, combine: 'sum' }),
      /combine.*mean or counts/,
    ],
    [
      'a preset of another name',
      () => train({ preset: 'quick' }),
      /preset is the text 'quick', expected subtle or balanced or robust or published/,
    ],
    [
      'an optimizer of tfjs',
      () => train({ optimizer: Object.create(tf.SGDOptimizer.prototype) }),
      /optimizer.*adamW\(\) with name.*SGDOptimizer/,
    ],
    ['an optimizer of another name', () => train({ optimizer: 'adam' }), /optimizer is the text 'adam'/],
    ['a preset that objects have', () => train({ preset: 'toString' }), /preset is/],
    ['steps as text', () => train({ steps: '5' }), /steps is the text '5'/],
    ['a share as text', () => train({ finalLearningRateRatio: '0.1' }), /finalLearningRateRatio is the text/],
    [
      'an aim as text',
      () => train({ earlyStopping: { minBitAccuracy: '0.9', images } }),
      /earlyStopping.minBitAccuracy is the text/,
    ],
    ['images in an array', () => train({ images: [batch] }), /images.*an array of 1/],
    ['a callback that is none', () => train({ onStep: 'log' }), /onStep.*function.*text/],
    ['a checkpoint’s path', () => train({ checkpoint: 'a.checkpoint' }), /checkpoint.*text/],
    ['a cache as text', () => train({ cacheBytes: '1' }), /cacheBytes/],
    ['rows that are no list', () => call('calibrate', undefined), /rows.*undefined/],
    ['logits that are none', () => call('decide', undefined, { key }), /logits.*undefined/],
    ['features in rows', () => call('whiten', [[1], [2]], 1), /features\[0\].*an array/],
    ['a registry’s promise', () => call('readRegistry', Promise.resolve('')), /await it/],
    ['weights’ promise', () => call('loadExtractor', Promise.resolve()), /await it/],
    ['an autoencoder’s promise', () => call('readAutoencoder', Promise.resolve()), /await it/],
    ['half of a pair', () => call('loadAutoencoder', { encoder: {} }), /encoder, decoder/],
  ])('%s: a bad argument', async (_, run, message) => {
    const before = tf.memory().numTensors
    const error = await run().catch((error: unknown) => error)
    expect(error).toMatchObject({
      name: 'StableSigError',
      code: 'bad-argument',
      message: expect.stringMatching(message),
    })
    expect(tf.memory().numTensors).toBe(before)
  })

  test('a key as text is refused and not repeated', async () => {
    const text = core.revealKey(key)
    const error = await detect({ key: text }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'bad-key', message: expect.stringMatching(/found text/) })
    expect(String(error)).not.toContain(text)
    // At a place where short texts are shown.
    expect(String(await detect({ fpr: text }).catch((error: unknown) => error))).not.toContain(text)
  })
})

describe('the reason of an abort is kept', () => {
  const reason = new Error('the client went away')
  const signal = AbortSignal.abort(reason)
  test.each<[string, () => Promise<unknown>]>([
    ['detect', () => core.detect([image], { extractor, key, signal })],
    [
      'detect, in tiles',
      () => {
        const controller = new AbortController()
        const large = tf.randomUniform([80, 80, 3], 0, 1, 'float32', 1) as UnitImage
        const work = core.detect(large, { extractor, key, memoryBytes: 1, signal: controller.signal })
        controller.abort(reason)
        return work.finally(() => large.dispose())
      },
    ],
    [
      'finetuneDecoder',
      () => core.finetuneDecoder({ autoencoder, extractor, key, images, size: 16, steps: 1, signal }),
    ],
    [
      'evaluateDecoder',
      () => core.evaluateDecoder({ autoencoder, extractor, key, images, decoder: autoencoder.decoder, signal }),
    ],
    ['decodeLatents', () => core.decodeLatents(autoencoder, latents, { memoryBytes: 1e5, signal })],
    ['encodeImages', () => core.encodeImages(autoencoder, batch, { memoryBytes: 1e5, signal })],
  ])('%s', async (_, work) => {
    const error = await work().catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'aborted' })
    expect((error as Error).cause).toBe(reason)
  })
})

test.each<[unknown, string]>([
  [null, 'null'],
  ['0101', 'text'],
  [7, '7'],
  [Promise.resolve(), 'a Promise: await it'],
  [[1, 2], 'an array of 2'],
  [{}, 'an object'],
  [new Map(), 'an object of class Map'],
  [Object.create(null), 'an object'],
  [() => 1, 'a function'],
])('%o is told as %s', (value, kind) => {
  expect(kindOf(value)).toBe(kind)
})
