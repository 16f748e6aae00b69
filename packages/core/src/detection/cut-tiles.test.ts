import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { keyFromBits } from '../signal/key.ts'
import { cutTiles } from './cut-tiles.ts'
import { createDetector } from './detector.ts'
import { readLogits } from './read-images.ts'
import { picture, smallExtractor } from './testing.ts'

test('tiles cover the image once, row by row, and are nearly equal', async () => {
  const image = picture(3, 100, 75)
  const tiles = cutTiles(image, { side: 33 })
  expect(tiles.map(({ shape }) => shape.slice(0, 2).join('x'))).toEqual([
    '33x38',
    '33x37',
    '34x38',
    '34x37',
    '33x38',
    '33x37',
  ])
  const rows = [0, 2, 4].map((at) => tf.concat(tiles.slice(at, at + 2), 1))
  const joined = tf.concat(rows, 0)
  expect(await joined.data()).toEqual(await image.data())
  tf.dispose([image, tiles, rows, joined])
})

test('an image that is no larger than a tile is one', () => {
  const before = tf.memory().numTensors
  const image = picture(4, 40, 32)
  const tiles = cutTiles(image, { side: 64 })
  expect(tiles.map(({ shape }) => shape)).toEqual([[40, 32, 3]])
  tf.dispose([image, tiles])
  expect(tf.memory().numTensors).toBe(before)
})

test('its tiles decide together, one vote about each bit', async () => {
  const extractor = smallExtractor(24)
  const image = picture(5, 96, 96)
  const tiles = cutTiles(image, { side: 32 })
  const [first] = await readLogits([tiles[0]!], { extractor })
  if (!first?.ok) throw first?.error
  const key = keyFromBits(Array.from(first.value, (logit) => (logit > 0 ? 1 : 0)))
  const found = await createDetector({ extractor, key, fpr: 1e-3 }).detectTogether(tiles, { combine: 'votes' })
  expect(found).toMatchObject({ detected: true, images: 9, total: 9 * 24, combine: 'votes' })
  expect(found.matchesEach[0]).toBe(24)
  tf.dispose([image, tiles])
  extractor.dispose()
})

test('refuses a batch, and tiles that are too small to be read', () => {
  const image = picture(6)
  expect(() => cutTiles(image, { side: 16 })).toThrow('whole pixels from 32')
  const batch = tf.zeros([1, 32, 32, 3])
  expect(() => cutTiles(batch as never, { side: 32 })).toThrow('[H,W,3]')
  tf.dispose([image, batch])
})
