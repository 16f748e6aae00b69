import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import * as transforms from './index.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** A picture [1,8,9,3] in [.1, .9) of values that are all at least 1/270 apart, so that a small step changes no order. */
const COUNT = 8 * 9 * 3
const values = Float32Array.from({ length: COUNT }, (_, i) => 0.1 + (0.8 * ((i * 89) % COUNT)) / COUNT)
const picture = (of: ArrayLike<number> = values): UnitImages => asUnit(tf.tensor4d(Float32Array.from(of), [1, 8, 9, 3]))

type Apply = (images: UnitImages) => UnitImages

/** sum(w · f(x)), w a fixed pattern. */
const objective = (f: Apply, x: UnitImages): tf.Scalar =>
  tf.tidy(() => {
    const y = f(x)
    const w = tf.tensor(
      Float32Array.from({ length: y.size }, (_, i) => Math.sin(2.3 * i + 1)),
      y.shape,
    )
    return tf.sum<tf.Scalar>(tf.mul(y, w))
  })

const smooth: [string, Apply][] = [
  ['gamma 2.2', (x) => transforms.gamma(x, { gamma: 2.2 })],
  ['gamma 0.5', (x) => transforms.gamma(x, { gamma: 0.5 })],
  ['grayscale', transforms.grayscale],
  ['keystone', (x) => transforms.keystone(x, { distortion: 0.3 })],
  ['half covered text', (x) => transforms.textOverlay(x, { text: 'a', size: 0.9, left: 0, top: 0, opacity: 0.5 })],
  ['median of 5', (x) => transforms.medianBlur(x, { kernel: 5 })],
]

test.each(smooth)('the gradient of %s is its slope, and no tensor is left', async (_, f) => {
  const before = tf.memory().numTensors
  const x = picture()
  const { loss, gradients } = valueAndGradients(() => ({ loss: objective(f, x), aux: {} }), { x })
  const got = await gradients.x!.data()
  const step = 1e-3
  for (let i = 0; i < values.length; i += 7) {
    const at = (shift: number) =>
      tf.tidy(() => objective(f, picture(values.with(i, values[i]! + shift))).dataSync()[0] ?? Number.NaN)
    expect(Math.abs(got[i]! - (at(step) - at(-step)) / (2 * step))).toBeLessThan(0.02)
  }
  tf.dispose([x, loss, gradients])
  expect(tf.memory().numTensors).toBe(before)
})

test('black keeps a finite gradient under gamma and hue, and stays black', async () => {
  for (const f of [
    (x: UnitImages) => transforms.gamma(x, { gamma: 0.5 }),
    (x: UnitImages) => transforms.hue(x, { shift: 0.3 }),
  ]) {
    const x = picture(new Float32Array(values.length))
    const { aux, gradients } = valueAndGradients(() => ({ loss: objective(f, x), aux: { y: f(x) } }), { x })
    expect((await aux.y!.data()).every((value) => value === 0)).toBe(true)
    expect((await gradients.x!.data()).every(Number.isFinite)).toBe(true)
  }
})

test('a hue turned by thirds exchanges channels', async () => {
  const x = picture()
  const [turned, wanted] = tf.tidy(() => {
    const [r, g, b] = tf.split(x, 3, 3)
    return [transforms.hue(x, { shift: 1 / 3 }), tf.concat([b!, r!, g!], 3)]
  })
  const got = await turned!.data()
  for (const [i, value] of (await wanted!.data()).entries()) expect(got[i]).toBeCloseTo(value, 5)
})

test('JPEG has the gradient of the identity, or its own through a cubic instead of rounding', async () => {
  const x = picture()
  const gradientOf = async (gradient: 'straight-through' | 'cubic') => {
    const f: Apply = (images) => transforms.differentiableJpeg(images, { quality: 60, gradient })
    const { gradients } = valueAndGradients(() => ({ loss: objective(f, x), aux: {} }), { x })
    return gradients.x!.data()
  }
  const straight = await gradientOf('straight-through')
  for (const [i, value] of straight.entries()) expect(value).toBeCloseTo(Math.sin(2.3 * i + 1), 5)
  const cubic = await gradientOf('cubic')
  const f: Apply = (images) => transforms.differentiableJpeg(images, { quality: 60, gradient: 'cubic' })
  const step = 2e-4
  for (let i = 0; i < values.length; i += 31) {
    const at = (shift: number) =>
      tf.tidy(() => objective(f, picture(values.with(i, values[i]! + shift))).dataSync()[0] ?? Number.NaN)
    expect(Math.abs(cubic[i]! - (at(step) - at(-step)) / (2 * step))).toBeLessThan(0.1)
  }
})
