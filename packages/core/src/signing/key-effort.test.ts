import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { at } from '../at.ts'
import { extractLogits } from '../inference/graphs.ts'
import type { Extractor } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import { asUnit } from '../signal/images.ts'
import { keyFromBits, randomKeys, revealKey } from '../signal/key.ts'
import type { ImageSet } from '../training/image-set.ts'
import { chooseKeys, keyEffort, measureKeyEffort } from './key-effort.ts'

const BITS = 3
const SIZE = 8
let extractor: Extractor

const images: ImageSet = {
  length: 2,
  async read(index, size) {
    return asUnit(
      tf.tensor4d(
        noise(`picture ${index}`, size * size * 3, 0.3).map((x) => x + 0.5),
        [1, size, size, 3],
      ),
    )
  },
}
/** All keys of three bits. */
const keys = Array.from({ length: 2 ** BITS }, (_, i) => keyFromBits([i & 1, (i >> 1) & 1, (i >> 2) & 1]))

beforeAll(async () => {
  await tf.setBackend('cpu')
  extractor = await loadExtractor(extractorState({ bits: BITS, channels: 4, blocks: 1, prefix: '0.' }))
})
afterAll(() => extractor.dispose())

test('is the mean of all keys 1 times what is expected of one, the same for a key and its opposite', async () => {
  const before = tf.memory().numTensors
  const effort = await measureKeyEffort({ extractor, images, size: SIZE })
  expect(tf.memory().numTensors).toBe(before)
  const each = keys.map((key) => keyEffort(effort, key))
  expect(each.reduce((sum, one) => sum + one, 0) / keys.length).toBeCloseTo(1, 10)
  for (let i = 0; i < keys.length; i++) expect(each[i]).toBeCloseTo(at(each, keys.length - 1 - i), 10)
})

test('is the least squared change that brings logits of the key’s signs, by finite differences', async () => {
  const effort = await measureKeyEffort({ extractor, images, size: SIZE, count: 1 })
  const image = await images.read(0, SIZE)
  const values = await image.data<'float32'>()
  const logitsOf = async (of: Float32Array) => {
    const logits = tf.tidy(() => extractLogits(extractor, asUnit(tf.tensor4d(of, [1, SIZE, SIZE, 3]))))
    return logits.data<'float32'>().finally(() => logits.dispose())
  }
  const columns: number[][] = []
  const step = 0.01
  for (let i = 0; i < values.length; i++) {
    const moved = (by: number) => logitsOf(values.map((x, j) => (j === i ? x + by : x)))
    const [up, down] = [await moved(step), await moved(-step)]
    columns.push(Array.from(up, (x, b) => (x - at(down, b)) / (2 * step)))
  }
  image.dispose()
  // With x = (J J^T)^-1 s the change J^T x is the least that gives s; its squared size is s^T x.
  const signs = [1, 1, -1]
  const products = signs.map((_, a) => signs.map((_, b) => columns.reduce((sum, c) => sum + at(c, a) * at(c, b), 0)))
  const [x, y, z] = solved(products, signs)
  const squared = at(signs, 0) * x + at(signs, 1) * y + at(signs, 2) * z
  const trace = [0, 1, 2].reduce((sum, i) => sum + at(solved(products, [+(i === 0), +(i === 1), +(i === 2)]), i), 0)
  expect(keyEffort(effort, keyFromBits([1, 1, 0]))).toBeCloseTo(squared / trace, 2)
})

test('a bit that hardly answers decides nothing between keys, a mix of bits that hardly answers does', async () => {
  const weights = extractor.weights['head.weight']!
  // Bits 1 and 2 nearly alike: keys in which they differ are hard.
  const [first, second, third] = tf.split(weights, 3, 1)
  const alike = tf.tidy(() => tf.concat([first!, tf.add(tf.mul(first!, 0.98), tf.mul(third!, 0.02)), third!], 1))
  const mixed: Extractor = { ...extractor, weights: { ...extractor.weights, 'head.weight': alike } }
  const effort = await measureKeyEffort({ extractor: mixed, images, size: SIZE })
  expect(keyEffort(effort, keyFromBits([0, 1, 0]))).toBeGreaterThan(5 * keyEffort(effort, keyFromBits([1, 1, 0])))
  tf.dispose([alike, first, second, third])
})

test('chosen keys ask least among those that are drawn, on made-up pictures where none are given', async () => {
  const before = tf.memory().numTensors
  const drawn = randomKeys(8, BITS, { seed: 'k' })
  const effort = await measureKeyEffort({ extractor, size: SIZE })
  const chosen = await chooseKeys({ extractor, size: SIZE, keys: 2, among: 4, seed: 'k' })
  for (const [i, one] of chosen.entries()) {
    const each = drawn.slice(4 * i, 4 * i + 4).map((key) => keyEffort(effort, key))
    expect(one.effort).toBe(Math.min(...each))
    expect(revealKey(one.key)).toBe(revealKey(at(drawn, 4 * i + each.indexOf(one.effort))))
  }
  expect(tf.memory().numTensors).toBe(before)
})

test('refuses what cannot be measured', async () => {
  const effort = await measureKeyEffort({ extractor, images, size: SIZE, count: 1 })
  expect(() => keyEffort(effort, keyFromBits([0, 1]))).toThrow(expect.objectContaining({ code: 'bad-key' }))
  await expect(chooseKeys({ extractor, among: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
  await expect(measureKeyEffort({ extractor, images, count: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
  const signal = AbortSignal.abort()
  await expect(measureKeyEffort({ extractor, images, signal })).rejects.toMatchObject({ code: 'aborted' })
})

/** A system of three equations, by Cramer's rule. */
function solved(m: number[][], right: readonly number[]): [number, number, number] {
  const determinant = (rows: number[][]) => {
    const e = (i: number, j: number) => at(at(rows, i), j)
    return (
      e(0, 0) * (e(1, 1) * e(2, 2) - e(1, 2) * e(2, 1)) -
      e(0, 1) * (e(1, 0) * e(2, 2) - e(1, 2) * e(2, 0)) +
      e(0, 2) * (e(1, 0) * e(2, 1) - e(1, 1) * e(2, 0))
    )
  }
  const with_ = (column: number) => m.map((row, i) => row.map((x, j) => (j === column ? at(right, i) : x)))
  return [0, 1, 2].map((column) => determinant(with_(column)) / determinant(m)) as [number, number, number]
}
