import '@tensorflow/tfjs-backend-cpu'
import { fill, memory, setBackend, type Tensor4D, tensor4d, tidy, zeros } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { justNoticeable } from './just-noticeable.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

/** The map's value in the middle of an image. */
async function middleOf(image: Tensor4D): Promise<number> {
  const map = justNoticeable(image)
  const values = await map.data()
  const { shape } = map
  map.dispose()
  image.dispose()
  return values[Math.floor(shape[1] / 2) * shape[2] + Math.floor(shape[2] / 2)] ?? Number.NaN
}

describe('justNoticeable', () => {
  test('of flat images is what the brightness alone allows: most in black, least in middle grey', async () => {
    expect(await middleOf(zeros([1, 9, 9, 3]))).toBeCloseTo(20 / 255, 6)
    expect(await middleOf(fill([1, 9, 9, 3], 127 / 255) as Tensor4D)).toBeCloseTo(3 / 255, 6)
    expect(await middleOf(fill([1, 9, 9, 3], 1) as Tensor4D)).toBeCloseTo(6 / 255, 6)
  })

  test('allows more where there is texture', async () => {
    const stripes = Float32Array.from({ length: 9 * 9 * 3 }, (_, i) => ((Math.floor(i / 3) % 9) % 4 < 2 ? 0.3 : 0.7))
    expect(await middleOf(tensor4d(stripes, [1, 9, 9, 3]))).toBeGreaterThan(15 / 255)
  })

  test('leaves no tensor behind but its map', () => {
    const before = memory().numTensors
    tidy(() => {
      justNoticeable(zeros([2, 8, 8, 3]))
    })
    expect(memory().numTensors).toBe(before)
  })
})
