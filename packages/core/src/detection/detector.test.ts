import '@tensorflow/tfjs-backend-cpu'
import * as stats from '@stablesig/stats'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import type { Extractor } from '../models/extractor.ts'
import type { UnitImage } from '../signal/images.ts'
import { type Key, keyFromBits, parseKey, randomKey, randomKeys } from '../signal/key.ts'
import { createDecider } from './decider.ts'
import type { Best, Detection, Identification, KeyDetection } from './decision.ts'
import { detect, detectKeys, detectTogether } from './detect.ts'
import { createDetector } from './detector.ts'
import { identify } from './identify.ts'
import type { Outcome } from './outcome.ts'
import { readLogits } from './read-images.ts'
import { Registry } from './registry/registry.ts'
import { picture, smallExtractor } from './testing.ts'

vi.mock('@stablesig/stats', async (importOriginal) => {
  const original = await importOriginal<typeof stats>()
  return { ...original, threshold: vi.fn(original.threshold) }
})

const BITS = 32
let extractor: Extractor
let image: UnitImage
let logits: Float32Array
let key: Key
const other = randomKey(BITS, { seed: 1 })
let alive: number

beforeAll(async () => {
  await tf.setBackend('cpu')
  extractor = smallExtractor(BITS)
  image = picture(7)
  const [outcome] = await readLogits([image], { extractor })
  logits = outcome?.ok ? outcome.value : expect.fail('not read')
  key = keyFromBits(Array.from(logits, (logit) => (logit > 0 ? 1 : 0)))
})
beforeEach(() => {
  alive = tf.memory().numTensors
  vi.mocked(stats.threshold).mockClear()
  return () => expect(tf.memory().numTensors).toBe(alive)
})
afterAll(() => {
  extractor.dispose()
  image.dispose()
})

describe('of one key', () => {
  test('decides on images and logits as detect does', async () => {
    const detector = createDetector({ extractor, key })
    expect(detector).toMatchObject({ fpr: 1e-6, threshold: stats.threshold(BITS, 1e-6) })
    const decision = await detect(image, { extractor, key })
    expect(decision.detected).toBe(true)
    expect(await detector.detect(image)).toEqual(decision)
    expect(await detector.detect([image])).toEqual([{ ok: true, value: decision }])
    expect(detector.decide(logits)).toEqual(decision)
    expect(await detector.detectTogether([image, image], { combine: 'counts' })).toEqual(
      await detectTogether([image, image], { extractor, key, combine: 'counts' }),
    )
    expectTypeOf(detector.detect(image)).resolves.toEqualTypeOf<Detection>()
    expectTypeOf(detector.detect([image])).resolves.toEqualTypeOf<Outcome<Detection>[]>()
    expectTypeOf(detector.decideBest([logits])).toEqualTypeOf<Best<Detection>>()
    expectTypeOf(detector).not.toHaveProperty('identify')
  })

  test('works out its threshold once, whatever is decided', async () => {
    const detector = createDetector({ extractor, key })
    for (let i = 0; i < 3; i++) {
      await detector.detect([image, image])
      detector.decide(logits)
    }
    expect(stats.threshold).toHaveBeenCalledTimes(1)
    for (let i = 0; i < 3; i++) detector.decideBest([logits, logits])
    expect(stats.threshold).toHaveBeenCalledTimes(2)
  })

  test('a signal ends one call, and the detector goes on', async () => {
    const detector = createDetector({ extractor, key })
    await expect(detector.detect(image, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    expect((await detector.detect(image)).detected).toBe(true)
  })
})

test('of several keys: one decision a key, by the threshold of their union', async () => {
  const detector = createDetector({ extractor, keys: [other, key], fpr: 1e-3 })
  expect(detector.threshold).toBe(stats.threshold(BITS, 1e-3, { users: 2 }))
  const decisions = detector.decide(logits)
  expect(decisions.map(({ detected }) => detected)).toEqual([false, true])
  expect(await detector.detect(image)).toEqual(decisions)
  expect(await detectKeys(image, { extractor, keys: [other, key], fpr: 1e-3 })).toEqual(decisions)
  expectTypeOf(detector.detect(image)).resolves.toEqualTypeOf<KeyDetection[]>()
  expectTypeOf(detector.decideBest([logits])).toEqualTypeOf<Best<KeyDetection[]>>()
})

describe('of a registry', () => {
  test('stays live: a user who is added later is found, and the threshold follows their number', async () => {
    const registry = new Registry(BITS)
    const detector = createDetector({ extractor, registry, fpr: 1e-3 })
    const nobody = { code: 'bad-registry', message: expect.stringMatching(/Nobody is registered/) }
    await expect(detector.identify([image])).rejects.toMatchObject(nobody)
    expect(() => detector.decide(logits)).toThrow(expect.objectContaining(nobody))
    expect(() => detector.threshold).toThrow(expect.objectContaining(nobody))
    registry.add('other', other)
    const before = detector.threshold
    expect(before).toBe(stats.threshold(BITS, 1e-3, { users: 1 }))
    expect(await detector.identify(image)).toMatchObject({ user: null, threshold: before })
    for (const [i, one] of randomKeys(500, BITS, { seed: 3 }).entries()) registry.add(`user ${i}`, one)
    registry.add('this one', key)
    expect(detector.threshold).toBe(stats.threshold(BITS, 1e-3, { users: 502 }))
    expect(detector.threshold).toBeGreaterThan(before)
    const found = await detector.identify(image)
    expect(found).toMatchObject({ user: 'this one', users: 502, threshold: detector.threshold })
    expect(found).toEqual(await identify(image, { extractor, registry, fpr: 1e-3 }))
    expect(detector.decide(logits)).toEqual(found)
    expectTypeOf(detector.identify(image)).resolves.toEqualTypeOf<Identification>()
    expectTypeOf(detector).not.toHaveProperty('detect')
  })

  test('that grows beyond what the bits can tell apart says so before an image is read', async () => {
    const registry = new Registry(BITS)
    registry.add('this one', key)
    const detector = createDetector({ extractor, registry, fpr: 2 ** -BITS, runnerUp: false })
    expect(await detector.identify(image)).toMatchObject({ user: 'this one', matches: BITS, runnerUp: null })
    registry.add('other', other)
    await expect(detector.identify([])).rejects.toMatchObject({ code: 'unattainable' })
  })
})

describe('is refused at once', () => {
  const registry = new Registry(48)
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['bad-argument', {}, /key: expected a key, or keys or a registry in its place, found undefined/],
    ['bad-argument', { key: other, registry }, /found key and registry/],
    ['bad-argument', { keys: [] }, /at least one key/],
    ['bad-argument', { key: other, fpr: 0 }, /fpr is 0/],
    ['bad-argument', { key: other, memoryBytes: -1 }, /memoryBytes/],
    ['bad-argument', { key: other, extractor: undefined }, /extractor.*undefined/],
    ['bad-key', { key: parseKey('0101') }, /32 bits.*found 4/],
    ['bad-key', { keys: [other, parseKey('0101')] }, /32 bits.*found 4/],
    ['bad-registry', { registry }, /32 bits.*have 48/],
    ['unattainable', { key: other, fpr: 1e-12 }, /cannot decide/],
  ])('%s', (code, options, message) => {
    const untyped = { extractor, ...options } as unknown as Parameters<typeof createDetector>[0]
    expect(() => createDetector(untyped)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })

  test.each([
    ['detect', () => detect(image, { extractor, registry } as never), /key: expected a key/],
    ['detectKeys', () => detectKeys(image, { extractor, key } as never), /keys: expected an array of keys/],
    ['identify', () => identify(image, { extractor, key } as never), /registry: expected a Registry/],
  ])('what %s does not look for', async (_, run, message) => {
    await expect(run()).rejects.toMatchObject({ code: 'bad-argument', message: expect.stringMatching(message) })
  })
})

describe('a decider', () => {
  test('knows of its extractor what it was told', () => {
    const whitened = createDecider({ extractor: { bits: BITS, whitened: true }, key })
    expect(whitened.decide(logits)).toMatchObject({ detected: true, whitened: true })
    const plain = { extractor: { bits: BITS, whitened: false }, key }
    expect(() => createDecider(plain)).toThrow(expect.objectContaining({ code: 'not-whitened' }))
    expect(createDecider({ ...plain, allowUnwhitened: true }).decideBest([logits]).whitened).toBe(false)
  })

  test('refuses logits of another length, and none', () => {
    const decider = createDecider({ extractor, keys: [key] })
    expect(() => decider.decide(logits.subarray(1))).toThrow(expect.objectContaining({ code: 'shape' }))
    expect(() => decider.decideBest([])).toThrow(expect.objectContaining({ code: 'bad-argument' }))
    expect(() => decider.decideBest([logits, logits.map(() => Number.NaN)])).toThrow(
      expect.objectContaining({ code: 'not-finite' }),
    )
  })
})
