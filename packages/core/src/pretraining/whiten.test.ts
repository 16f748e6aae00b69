import '@tensorflow/tfjs-backend-cpu'
import { extractorState, noise } from '@stablesig/testing/networks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { extractorFeatures, extractorLogits } from '../models/extractor.ts'
import { loadExtractor } from '../models/read-extractor.ts'
import { withWhitening } from '../models/whitened.ts'
import { symmetricEigen } from '../ops/eigen.ts'
import type { ImageNetImages } from '../signal/images.ts'
import { whiten } from './whiten.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('symmetricEigen', () => {
  test('A v = e v for every pair, ascending, with orthonormal vectors', () => {
    const n = 20
    const half = noise('symmetric', n * n, 1)
    const a = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n]
      return half[i * n + j]! + half[j * n + i]!
    })
    const { values, vectors } = symmetricEigen(a, n)
    for (const [k, v] of vectors.entries()) {
      if (k > 0) expect(values[k]!).toBeGreaterThanOrEqual(values[k - 1]!)
      for (let i = 0; i < n; i++) {
        const row = v.reduce((sum, x, j) => sum + a[i * n + j]! * x, 0)
        expect(row).toBeCloseTo(values[k]! * v[i]!, 11)
      }
      for (const [l, u] of vectors.entries())
        expect(v.reduce((sum, x, i) => sum + x * u[i]!, 0)).toBeCloseTo(k === l ? 1 : 0, 12)
    }
  })
  test('keeps eigenvalues of very different size, and takes a diagonal matrix as it is', () => {
    expect([...symmetricEigen(Float64Array.of(1e-9, 0, 0, 4), 2).values]).toEqual([1e-9, 4])
    const [small, large] = symmetricEigen(Float64Array.of(1, 1, 1, 1 + 1e-10), 2).values
    expect(small! * large!).toBeCloseTo(1e-10, 16)
  })
  test('refuses what is not finite', () => {
    expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, 0, 1), 2)).toThrow(/not finite/)
  })
})

describe('whiten', () => {
  const features = noise('features', 40 * 6, 1).map((value, i) => value * (1 + (i % 6)) + (i % 6))
  test('nearest axes: as white, symmetric, and nearer to the features than principal ones', () => {
    const nearest = whiten(features, 6, { axes: 'nearest', gain: 1 })
    const outputs = (row: number) =>
      Array.from(nearest.bias, (b, r) => {
        let sum = b
        for (let j = 0; j < 6; j++) sum += nearest.weight[r * 6 + j]! * features[row * 6 + j]!
        return sum
      })
    const z = Array.from({ length: 40 }, (_, row) => outputs(row))
    for (let a = 0; a < 6; a++)
      for (let b = 0; b < 6; b++) {
        expect(z.reduce((sum, row) => sum + row[a]! * row[b]!, 0) / 40).toBeCloseTo(a === b ? 1 : 0, 10)
        expect(nearest.weight[a * 6 + b]).toBeCloseTo(nearest.weight[b * 6 + a]!, 12)
      }
    // An output goes with its own feature more than with any other.
    for (let a = 0; a < 6; a++) {
      const along = Array.from({ length: 6 }, (_, b) =>
        z.reduce((sum, row, i) => sum + row[a]! * features[i * 6 + b]!, 0),
      )
      expect(along[a]! / 40).toBeGreaterThan(0)
      expect(Math.abs(nearest.weight[a * 6 + a]!)).toBe(
        Math.max(...Array.from({ length: 6 }, (_, b) => Math.abs(nearest.weight[a * 6 + b]!))),
      )
    }
  })
  test('gives outputs of mean 0, uncorrelated, of variance bits', () => {
    const { weight, bias } = whiten(features, 6)
    const z = Array.from({ length: 40 }, (_, row) =>
      Array.from(bias, (b, r) => {
        let sum = b
        for (let j = 0; j < 6; j++) sum += weight[r * 6 + j]! * features[row * 6 + j]!
        return sum
      }),
    )
    for (let r = 0; r < 6; r++)
      for (let s = 0; s < 6; s++)
        expect(z.reduce((sum, row) => sum + row[r]! * row[s]!, 0) / 40).toBeCloseTo(r === s ? 6 : 0, 9)
  })
  test('refuses too few images without a floor, and lives with them with one', () => {
    const few = features.subarray(0, 4 * 6)
    expect(() => whiten(few, 6, { floor: 0 })).toThrow(/more images than bits/)
    expect(whiten(few, 6).weight.every(Number.isFinite)).toBe(true)
    expect(() => whiten(features.subarray(0, 6), 6)).toThrow(/two or more images/)
    expect(() => whiten(features.subarray(0, 7), 6)).toThrow(/two or more images/)
    expect(() => whiten(new Float32Array(60), 6)).toThrow(/more images than bits/)
  })
  test('goes into an extractor, in place of the layer it had', async () => {
    for (const whitened of [false, true]) {
      const extractor = await loadExtractor(
        extractorState({ bits: 3, channels: 4, blocks: 1, prefix: '0.', whiten: whitened }),
      )
      const images = tf.tensor4d(noise('images', 8 * 8 * 8 * 3, 1), [8, 8, 8, 3]) as ImageNetImages
      const y = await extractorFeatures(extractor, images).data()
      const layer = whiten(y, 3)
      const other = await withWhitening(extractor, layer)
      const z = await extractorLogits(other, images).data()
      for (const [at, value] of z.entries()) {
        const [row, r] = [Math.floor(at / 3), at % 3]
        let want = layer.bias[r]!
        for (let j = 0; j < 3; j++) want += layer.weight[r * 3 + j]! * y[row * 3 + j]!
        expect(value).toBeCloseTo(want, 3)
      }
      expect(other.whitened).toBe(true)
      await expect(withWhitening(extractor, { weight: [1, 2], bias: [1] })).rejects.toThrow(/3 features/)
      other.dispose()
      extractor.dispose()
      images.dispose()
    }
  })
})
