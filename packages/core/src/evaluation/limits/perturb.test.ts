import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { at } from '../../at.ts'
import { extractLogits } from '../../inference/graphs.ts'
import { countMatches, readBits } from '../../metrics/bits.ts'
import type { Extractor } from '../../models/extractor.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { type Key, keyFromBits, randomKeys } from '../../signal/key.ts'
import { type PerturbProgress, perturbTowards } from './perturb.ts'
import { randomPerturbation } from './random-perturbation.ts'
import { pictures, tinyExtractor } from './testing.ts'

let extractor: Extractor
let tensors = 0
beforeAll(async () => {
  await tf.setBackend('cpu')
  extractor = await tinyExtractor()
  tensors = tf.memory().numTensors
})
afterAll(() => {
  expect(tf.memory().numTensors).toBe(tensors)
  extractor.dispose()
})

const bitsOf = async (images: UnitImages): Promise<Uint8Array[]> => {
  const logits = extractLogits(extractor, images)
  const values = await logits.data<'float32'>().finally(() => logits.dispose())
  return Array.from({ length: images.shape[0] }, (_, i) => readBits(values.subarray(8 * i, 8 * i + 8)))
}
const complement = (bits: Uint8Array): Key => keyFromBits(bits.map((bit) => 1 - bit))
const levelsApart = (a: UnitImages, b: UnitImages): number =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]! * 255)

test('every image is read as its own key within the budget, where a random change of that size gets no further than chance', async () => {
  const x = pictures(2, 1)
  const read = await bitsOf(x)
  const wanted = read.map(complement)
  const steps: PerturbProgress[] = []
  const made = await perturbTowards(x, {
    extractor,
    key: wanted,
    maxLevels: 24,
    onStep: (step) => void steps.push(step),
  })
  const after = await bitsOf(made)
  for (const [i, key] of wanted.entries()) {
    expect(countMatches(at(read, i), key)).toBe(0)
    expect(countMatches(at(after, i), key)).toBe(8)
  }
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
  expect(steps[0]).toMatchObject({ bitAccuracy: 0, steps: 40 })
  expect(at(steps, 39).loss).toBeLessThan(at(steps, 0).loss / 10)
  expect(levelsApart(made, x)).toBeLessThan(24.001)
  expect((await made.data()).every((value) => Math.abs(value * 255 - Math.round(value * 255)) < 1e-3)).toBe(true)

  const random = randomPerturbation(x, { maxLevels: 24, seed: 3 })
  const kept = (await bitsOf(random)).map((bits, i) => 8 - countMatches(bits, at(wanted, i)))
  expect(kept.reduce((a, b) => a + b)).toBeGreaterThan(5)
  expect(levelsApart(random, x)).toBeCloseTo(24, 3)
  tf.dispose([x, made, random])
})

test('an image is changed alike alone and beside others, and alike again', async () => {
  const x = pictures(3, 2)
  const [key] = randomKeys(1, 8, { seed: 5 })
  const options = { extractor, key: key!, maxLevels: 4, steps: 6 }
  const together = await perturbTowards(x, options)
  const alone = asUnit(tf.slice4d(x, [1, 0, 0, 0], [1, -1, -1, -1]))
  const single = await perturbTowards(alone, options)
  const again = await perturbTowards(alone, options)
  const second = tf.slice4d(together, [1, 0, 0, 0], [1, -1, -1, -1])
  expect(await single.data()).toEqual(await second.data())
  expect(await again.data()).toEqual(await single.data())
  tf.dispose([x, together, alone, single, again, second])
})

test('black and white stay in range, and a change of one level survives rounding', async () => {
  const x = asUnit(tf.tidy(() => tf.concat<tf.Tensor4D>([tf.zeros([1, 16, 16, 3]), tf.ones([1, 16, 16, 3])])))
  const key = (await bitsOf(x)).map(complement)
  const made = await perturbTowards(x, { extractor, key, maxLevels: 1, steps: 4 })
  const values = await made.data()
  expect(new Set(values.map((value) => Math.round(value * 255)))).toEqual(new Set([0, 1, 254, 255]))
  tf.dispose([x, made])
})

test('a random change is drawn by seed', async () => {
  const x = pictures(1, 4)
  const [a, b, c] = [7, 7, 8].map((seed) => randomPerturbation(x, { maxLevels: 2, seed }))
  expect(await a!.data()).toEqual(await b!.data())
  expect(await a!.data()).not.toEqual(await c!.data())
  tf.dispose([x, a!, b!, c!])
})

test('stops between steps, and leaves no tensor behind', async () => {
  const x = pictures(1, 3)
  const controller = new AbortController()
  const before = tf.memory().numTensors
  const [key] = randomKeys(1, 8, { seed: 1 })
  const stopped = perturbTowards(x, {
    ...{ extractor, key: key!, maxLevels: 2, signal: controller.signal },
    onStep: ({ step }) => {
      if (step === 3) controller.abort()
    },
  })
  await expect(stopped).rejects.toMatchObject({ code: 'aborted', message: 'stopped after 3 of 40 steps' })
  const broken = asUnit(tf.fill([1, 16, 16, 3], Number.NaN))
  await expect(perturbTowards(broken, { extractor, key: key!, maxLevels: 2 })).rejects.toMatchObject({
    code: 'not-finite',
  })
  broken.dispose()
  expect(tf.memory().numTensors).toBe(before)
  x.dispose()
})

test.each([
  ['a budget between levels', { maxLevels: 0.5 }, 'bad-argument', 'maxLevels'],
  ['no step', { steps: 0 }, 'bad-argument', 'steps'],
  ['keys that are not as many as images', { key: randomKeys(2, 8, { seed: 1 }) }, 'bad-argument', 'one for each of 1'],
  ['a key of another length', { key: randomKeys(1, 9, { seed: 1 })[0]! }, 'bad-key', 'found 9'],
])('%s is refused', async (_, change, code, message) => {
  const x = pictures(1, 3)
  const options = { extractor, key: randomKeys(1, 8, { seed: 1 })[0]!, maxLevels: 2, ...change }
  await expect(perturbTowards(x, options)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  x.dispose()
})
