import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StableSigError } from '../errors.ts'
import type { Extractor } from '../models/extractor.ts'
import type { UnitImage, UnitImages } from '../signal/images.ts'
import { type Key, keyBits, keyFromBits, parseKey, randomKey } from '../signal/key.ts'
import { detect, detectKeys, detectTogether } from './detect.ts'
import { identify } from './identify.ts'
import type { Outcome } from './outcome.ts'
import { readLogits } from './read-images.ts'
import { Registry } from './registry/registry.ts'
import { picture, smallExtractor, untyped } from './testing.ts'

const BITS = 32
let extractor: Extractor
let image: UnitImage
let key: Key
let other: Key
let alive: number

/** A picture with one value replaced. */
const spoilt = (value: number): tf.Tensor3D => {
  const values = picture(1).dataSync<'float32'>().slice()
  values[100] = value
  return tf.tensor3d(values, [32, 40, 3])
}

async function rejection(promise: Promise<unknown>): Promise<StableSigError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof StableSigError) return error
  throw new Error(`expected an error, found ${String(error)}`)
}

const codes = (outcomes: Outcome<unknown>[]) => outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code))

let before = 0

beforeAll(async () => {
  await tf.setBackend('cpu')
  before = tf.memory().numTensors
  extractor = smallExtractor(BITS)
  image = picture(7)
  const [outcome] = await readLogits([image], { extractor })
  if (!outcome?.ok) throw new Error('the picture cannot be read')
  key = keyFromBits(Array.from(outcome.value, (logit) => (logit > 0 ? 1 : 0)))
  other = randomKey(BITS, { seed: 1 })
})

beforeEach(() => {
  alive = tf.memory().numTensors
  return () => expect(tf.memory().numTensors).toBe(alive)
})

afterAll(() => {
  extractor.dispose()
  image.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

describe('one image', () => {
  test('carries the key that was read from it and no other', async () => {
    const found = await detect(image, { extractor, key })
    expect(found).toMatchObject({ detected: true, matches: BITS, total: BITS, fpr: 1e-6 })
    expect(found.pValue).toBe(2 ** -BITS)
    expect(found.logits).toHaveLength(BITS)
    expect((await detect(image, { extractor, key: other })).detected).toBe(false)
  })

  test('is tried with several keys at once', async () => {
    const results = await detectKeys(image, { extractor, keys: [other, key] })
    expect(results.map(({ detected }) => detected)).toEqual([false, true])
  })

  test('is told to be a user’s', async () => {
    const registry = new Registry(BITS)
    registry.add('other', other)
    registry.add('this one', key)
    expect(await identify(image, { extractor, registry })).toMatchObject({ user: 'this one', users: 2, tied: 1 })
  })

  test.each<[string, string, () => tf.Tensor3D]>([
    ['too small', '31x40', () => picture(1, 40, 31)],
    ['one colour', 'plain colour', () => tf.mul<tf.Tensor3D>(tf.ones([32, 32, 3]), [0.1, 0.5, 0.9])],
    ['black', 'plain colour', () => tf.zeros([32, 32, 3])],
    ['NaN', 'not finite', () => spoilt(Number.NaN)],
    ['infinite', 'not finite', () => spoilt(Number.NEGATIVE_INFINITY)],
    ['signed', '[0, 1]', () => tf.sub<tf.Tensor3D>(tf.mul(picture(1), 2), 1)],
    ['8-bit', '[0, 1]', () => tf.mul<tf.Tensor3D>(picture(1), 255)],
  ])('%s is an error and no decision', async (_, says, make) => {
    const undecidable = untyped(tf.tidy(make))
    const error = await rejection(detect(undecidable, { extractor, key }))
    expect(error.code).toBe('no-decision')
    expect(error.message).toContain(says)
    undecidable.dispose()
  })

  test('that overshoots a little is read', async () => {
    const bright = untyped(tf.tidy(() => tf.sub<tf.Tensor3D>(tf.mul(image, 1.4), 0.2)))
    expect((await detect(bright, { extractor, key })).total).toBe(BITS)
    bright.dispose()
  })

  test.each<[string, () => tf.Tensor3D, Partial<{ key: Key; fpr: number; memoryBytes: number }>]>([
    ['bad-key', () => image, { key: parseKey('0101') }],
    ['bad-argument', () => image, { fpr: 2 }],
    ['unattainable', () => image, { fpr: 1e-12 }],
    ['bad-argument', () => image, { memoryBytes: 0 }],
    ['shape', () => tf.zeros([32, 32, 4]), {}],
    ['bad-argument', () => tf.zeros([32, 32, 3], 'int32'), {}],
  ])('%s for what concerns the request', async (code, make, options) => {
    const given = untyped(make())
    expect((await rejection(detect(given, { extractor, key, ...options }))).code).toBe(code)
    if (given !== image) given.dispose()
  })
})

describe('several images', () => {
  test('a batch is decided image by image, in groups of any size', async () => {
    const batch = tf.tidy(() => tf.stack([picture(3), image, tf.zerosLike(image), picture(3), image])) as UnitImages
    const whole = await detect(batch, { extractor, key })
    expect(codes(whole)).toEqual(['ok', 'ok', 'no-decision', 'ok', 'ok'])
    expect(whole.map((outcome) => outcome.ok && outcome.value.detected)).toEqual([false, true, false, false, true])
    const single = await detect(batch, { extractor, key, memoryBytes: 1 })
    expect(single.map((outcome) => outcome.ok && outcome.value.matches)).toEqual(
      whole.map((outcome) => outcome.ok && outcome.value.matches),
    )
    batch.dispose()
  })

  test('a list may mix sizes', async () => {
    const images = [picture(1, 48, 33), image, picture(2, 20, 64), image]
    expect(codes(await detect(images, { extractor, key }))).toEqual(['ok', 'ok', 'no-decision', 'ok'])
    const keys = await detectKeys(images, { extractor, keys: [key] })
    expect(keys[1]).toMatchObject({ ok: true, value: [{ detected: true }] })
    for (const i of [0, 2]) images[i]!.dispose()
  })

  test('none gives none', async () => {
    expect(await detect([], { extractor, key })).toEqual([])
  })

  test('a failure cannot be taken for "not detected"', async () => {
    const black = tf.zeros([1, 32, 32, 3]) as UnitImages
    const [outcome] = await detect(black, { extractor, key })
    expect(outcome).not.toHaveProperty('value')
    expect(outcome).not.toHaveProperty('detected')
    black.dispose()
  })

  test('an extractor that gives no numbers decides about no image', async () => {
    const broken: Extractor = {
      ...extractor,
      weights: { ...extractor.weights, 'head.bias': tf.fill([BITS], Number.NaN) },
    }
    const list = await detect([image, image], { extractor: broken, key })
    expect(codes(list)).toEqual(['not-finite', 'not-finite'])
    expect((await rejection(detect(image, { extractor: broken, key }))).code).toBe('not-finite')
    broken.weights['head.bias']!.dispose()
  })

  test('are decided together; what cannot be read is listed', async () => {
    const black = tf.zerosLike(image)
    const found = await detectTogether([image, black, image], { extractor, key })
    expect(found).toMatchObject({ detected: true, images: 2, combine: 'mean', matches: BITS })
    expect(found.undecided.map(({ index, error }) => [index, error.code])).toEqual([[1, 'no-decision']])
    expect((await rejection(detectTogether([black], { extractor, key }))).code).toBe('no-decision')
    expect((await rejection(detectTogether([], { extractor, key }))).code).toBe('bad-argument')
    black.dispose()
  })

  test('an abort is heard between groups', async () => {
    const error = await rejection(detect([image, image], { extractor, key, signal: AbortSignal.abort() }))
    expect(error.code).toBe('aborted')
  })

  test('identify gives an outcome each; what is wrong with the registry is thrown', async () => {
    const registry = new Registry(BITS)
    expect((await rejection(identify([image], { extractor, registry }))).code).toBe('bad-registry')
    registry.add('one', keyFromBits(keyBits(key).map((bit, i) => (i < 1 ? 1 - bit : bit))))
    const black = tf.zerosLike(image)
    const outcomes = await identify([black, image], { extractor, registry })
    expect(codes(outcomes)).toEqual(['no-decision', 'ok'])
    expect(outcomes[1]).toMatchObject({ value: { user: 'one', matches: BITS - 1 } })
    const long = new Registry(48)
    long.add('one', randomKey(48, { seed: 1 }))
    expect((await rejection(identify(image, { extractor, registry: long }))).code).toBe('bad-registry')
    black.dispose()
  })
})
