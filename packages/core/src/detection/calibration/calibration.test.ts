import '@tensorflow/tfjs-backend-cpu'
import { falsePositiveRate } from '@stablesig/stats'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { asUnit } from '../../signal/images.ts'
import { randomKeys } from '../../signal/key.ts'
import { decide } from '../decide.ts'
import { readLogits } from '../read-images.ts'
import { smallExtractor } from '../testing.ts'
import { falsePositives } from './false-positives.ts'
import { keySpread, rateInflation } from './key-spread.ts'
import { readFeatures } from './read-features.ts'

function normals(seed: number): () => number {
  let state = seed >>> 0
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => i)

test('with a random key for each image the band holds the exact rate, however biased the bits are', () => {
  const normal = normals(1)
  // Half of the bits always read as 1: useless for a given key, and exact for random ones.
  const rows = numbered(6000).map(() => numbered(48).map((i) => normal() + (i < 24 ? 5 : 0)))
  const keys = randomKeys(6000, 48, { seed: 'band' })
  const curve = falsePositives(
    rows.map((row, i) => decide(row, { key: keys[i]! }).pValue),
    { bits: 48 },
  )
  expect(curve.map(({ fpr }) => fpr)).toEqual([0.1, 0.01, 0.001])
  for (const { consistent, exact, observed, positives, low, high, decisions } of curve) {
    expect(consistent).toBe(true)
    expect(exact).toBeLessThanOrEqual(0.1)
    expect(low).toBeLessThanOrEqual(observed)
    expect(high).toBeGreaterThan(observed)
    expect(positives / decisions).toBe(observed)
  }
  expect(curve[1]?.exact).toBe(falsePositiveRate(33, 48))
})

test('too many positives are told', () => {
  const pValues = [...new Array(30).fill(1e-4), ...new Array(970).fill(0.5)]
  const [plain] = falsePositives(pValues, { rates: [0.01], bits: 48 })
  expect(plain).toMatchObject({ positives: 30, decisions: 1000, consistent: false })
  expect(falsePositives(pValues, { rates: [0.01] })[0]).toMatchObject({ exact: null, consistent: false })
  expect(falsePositives(pValues, { rates: [0.05] })[0]).toMatchObject({ consistent: true })
  expect(() => falsePositives([])).toThrow('at least one decision')
})

test('fair bits have no spread, also of few photographs with many crops each', () => {
  const normal = normals(2)
  const single = keySpread(
    numbered(800).map(() => numbered(48).map(normal)),
    numbered(800),
  )
  expect(single.inflation).toBeLessThan(1.06)
  expect(rateInflation(single, 1e-6)).toBeLessThan(2)
  // Crops of one photograph read alike: 60 of them are no more than one.
  const alike = numbered(40).flatMap(() => {
    const row = numbered(48).map(normal)
    return numbered(20).map(() => row)
  })
  const crops = keySpread(
    alike,
    numbered(800).map((i) => Math.floor(i / 20)),
  )
  expect(crops.photographs).toBe(40)
  expect(crops.inflation).toBeLessThan(1.25)
  // Told that each is a photograph of its own, it would take chance for correlation.
  expect(keySpread(alike, numbered(800)).inflation).toBeGreaterThan(crops.inflation)
})

test('correlated bits spread as their moments say, and false positives of given keys follow', () => {
  const normal = normals(3)
  const draw = () => {
    const common = normal()
    return numbered(48).map(() => normal() + 0.7 * common)
  }
  const rows = numbered(3000).map(draw)
  const spread = keySpread(rows, numbered(3000))
  // Of two jointly normal numbers with correlation r, signs agree as 2/pi·asin(r).
  const correlation = (2 / Math.PI) * Math.asin(0.49 / 1.49)
  expect(spread.std).toBeCloseTo(Math.sqrt(2 * 48 * 47 * correlation ** 2) / 48, 1)
  expect(spread.worst).toBeCloseTo(1 + 47 * correlation, 0)
  expect(rateInflation(spread, 1e-3)).toBeGreaterThan(3)
  expect(() => keySpread(rows.slice(0, 3), [0, 1, 2])).toThrow('at least four photographs')
})

test('features are what whitening starts from, logits what is decided on', async () => {
  const extractor = smallExtractor(8)
  const images = asUnit(tf.randomUniform([3, 40, 32, 3], 0, 1, 'float32', 5) as tf.Tensor4D)
  const before = tf.memory().numTensors
  const read = await readFeatures(images, { ...extractor, whitened: false })
  const logits = await readLogits(images, { extractor })
  for (const [i, outcome] of read.entries()) {
    const [one, other] = [outcome, logits[i]!]
    if (!one.ok || !other.ok) throw new Error('could not be read')
    for (let j = 0; j < 8; j++) expect(one.value.logits[j]).toBeCloseTo(other.value[j]!, 5)
    expect(one.value.features).toEqual(one.value.logits)
  }
  expect(tf.memory().numTensors).toBe(before)
  tf.dispose(images)
  extractor.dispose()
})
