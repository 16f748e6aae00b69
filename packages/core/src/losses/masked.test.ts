import '@tensorflow/tfjs-backend-cpu'
import {
  add,
  grad,
  memory,
  type Scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor4D,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { StableSigError } from '../errors.ts'
import '../ops/gradients.ts'
import { maskedDistance, visibility } from './masked.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const SIDE = 24
/** Left half flat and grey, right half striped. */
const halves = (): Tensor4D =>
  tensor4d(
    Float32Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
      const x = Math.floor(i / 3) % SIDE
      return x < SIDE / 2 ? 0.5 : x % 4 < 2 ? 0.8 : 0.2
    }),
    [1, SIDE, SIDE, 3],
  )

describe('maskedDistance', () => {
  test('counts an error in a flat place many times one in texture, up to the borders', async () => {
    const map = tidy(() => visibility(halves()))
    const values = await map.data()
    map.dispose()
    const at = (y: number, x: number) => values[y * SIDE + x] ?? Number.NaN
    for (const y of [0, 12, SIDE - 1]) {
      expect(at(y, 0)).toBeGreaterThan(3.5)
      expect(at(y, 6)).toBeGreaterThan(3.5)
      expect(at(y, SIDE - 1)).toBeLessThan(1)
    }
  })

  test('is 0 with a gradient of 0 for equal images, and its gradient is 2 d w / count', async () => {
    const original = halves()
    const values = (x: Tensor) => x.data()
    const loss = (x: Tensor) => tidy(() => sum<Scalar>(maskedDistance(x as Tensor4D, original)))
    expect(Array.from(await values(loss(original)))).toEqual([0])
    const slope = await values(grad(loss)(original))
    expect(Math.max(...slope.map(Math.abs))).toBe(0)
    const signed = tidy(() => add<Tensor4D>(original, 0.01))
    const w = await values(visibility(original))
    const got = await values(grad(loss)(signed))
    for (const i of [0, 300, 1500])
      expect(got[i]).toBeCloseTo((2 * 0.01 * (w[Math.floor(i / 3)] ?? 0)) / original.size, 8)
  })

  test('refuses images of other shapes', () => {
    const before = memory().numTensors
    tidy(() => {
      expect(() => maskedDistance(halves(), tensor4d([0.5, 0.5, 0.5], [1, 1, 1, 3]))).toThrow(StableSigError)
    })
    expect(memory().numTensors).toBe(before)
  })
})
