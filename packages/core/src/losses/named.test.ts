import '@tensorflow/tfjs-backend-cpu'
import { add, memory, mul, randomUniform, setBackend, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { asUnit } from '../signal/images.ts'
import { IMAGE_LOSSES, type ImageLossName, imageLoss } from './named.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

/** Sides that MS-SSIM's five scales need. */
const sideOf = (name: ImageLossName): number => (name === 'ms-ssim' ? 176 : 24)

describe.each(IMAGE_LOSSES)('%s', (name) => {
  const images = () => {
    const side = sideOf(name)
    const original = asUnit(
      tidy(() => add<Tensor4D>(mul(randomUniform([1, side, side, 3], 0, 1, 'float32', 5), 0.8), 0.1)),
    )
    const signed = asUnit(
      tidy(() => add<Tensor4D>(original, mul(randomUniform([1, side, side, 3], -1, 1, 'float32', 6), 0.02))),
    )
    return { original, signed }
  }

  test('is a positive scalar with a gradient that goes down, and 0 between equal images', async () => {
    const before = memory().numTensors
    const loss = imageLoss(name)
    expect(loss).toMatchObject({ name, defaultWeight: expect.any(Number) })
    const { original, signed } = images()
    const at = async (x: Tensor4D) => {
      const value = loss.of(asUnit(x), original)
      const [number = Number.NaN] = await value.data()
      value.dispose()
      return number
    }
    const here = await at(signed)
    expect(here).toBeGreaterThan(0)
    expect(Math.abs(await at(original))).toBeLessThan(1e-5)
    const { gradients, loss: value } = valueAndGradients(() => ({ loss: loss.of(signed, original), aux: {} }), {
      signed,
    })
    const slope = gradients.signed
    if (!slope) throw new Error('there is a gradient by the images')
    const values = await slope.data<'float32'>()
    const steepest = values.reduce((most, one) => Math.max(most, Math.abs(one)), 0)
    const nearer = tidy(() => add<Tensor4D>(signed, mul(slope, -1e-3 / steepest)))
    expect(await at(nearer)).toBeLessThan(here)
    for (const tensor of [original, signed, value, slope, nearer]) tensor.dispose()
    expect(memory().numTensors).toBe(before)
  })
})

test('a name that there is not is told, with those there are', () => {
  expect(() => imageLoss('mae' as ImageLossName)).toThrow(/there are mse, l1, ssim/)
})
