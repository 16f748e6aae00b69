import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import type { ImageNetImages } from '../signal/images.ts'
import { extractorFeatures, extractorLogits } from './extractor.ts'
import { loadExtractor, readWhitening } from './read-extractor.ts'
import { spreadBits, spreadLayer } from './spread.ts'
import { withWhitening } from './whitened.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test.each([1, 3, 48])('rows of %i are mixed by an orthogonal matrix without a large entry', (n) => {
  const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))
  const { weight: r } = spreadLayer({ weight: identity, bias: new Float64Array(n) })
  for (let a = 0; a < n; a++)
    for (let b = 0; b < n; b++) {
      let product = 0
      for (let k = 0; k < n; k++) product += r[a * n + k]! * r[b * n + k]!
      expect(product).toBeCloseTo(a === b ? 1 : 0, 12)
    }
  expect(Math.max(...r.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(2 / n) + 1e-12)
})

const whitened = extractorState({ bits: 6, channels: 4, blocks: 1, whiten: true })

test('an extractor reads a mix of its logits, the same from its layer in the file; its features stay', async () => {
  const before = tf.memory().numTensors
  const extractor = await loadExtractor(whitened)
  const spread = await spreadBits(extractor)
  const byLayer = await withWhitening(extractor, spreadLayer(await readWhitening(whitened)))
  const images = tf.tensor4d(noise('images', 2 * 8 * 8 * 3, 1), [2, 8, 8, 3]) as ImageNetImages
  const valuesOf = (of: tf.Tensor) => of.data().finally(() => of.dispose())
  const plain = await valuesOf(extractorLogits(extractor, images))
  const mixed = await valuesOf(extractorLogits(spread, images))
  const { bias: want } = spreadLayer({ weight: [], bias: plain.slice(0, 6) })
  for (const [bit, value] of want.entries()) expect(mixed[bit]).toBeCloseTo(value, 4)
  const other = await valuesOf(extractorLogits(byLayer, images))
  for (const [i, value] of other.entries()) expect(mixed[i]).toBeCloseTo(value, 4)
  expect(spread).toMatchObject({ bits: 6, whitened: true })
  const features = await valuesOf(extractorFeatures(extractor, images))
  expect(await valuesOf(extractorFeatures(spread, images))).toEqual(features)
  for (const one of [images, extractor, spread, byLayer]) one.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('what is not white is not spread', async () => {
  const bare = extractorState({ bits: 6, channels: 4, blocks: 1, whiten: false })
  const extractor = await loadExtractor(bare)
  await expect(spreadBits(extractor)).rejects.toMatchObject({ code: 'not-whitened' })
  await expect(readWhitening(bare)).rejects.toMatchObject({ code: 'not-whitened' })
  extractor.dispose()
})
