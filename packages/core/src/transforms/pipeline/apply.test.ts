import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { jpegJsCodec } from '../codec/jpeg-js-codec.ts'
import { brightness } from '../colour/brightness.ts'
import { centerCrop } from '../geometry/crop.ts'
import { applyDifferentiable, applyTransforms } from './apply.ts'
import { TRANSFORMS } from './catalogue.ts'
import type { Transform } from './definition.ts'
import { parseTransforms } from './spelling.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const images = (): UnitImages => {
  const values = Float32Array.from({ length: 2 * 24 * 32 * 3 }, (_, i) => 0.5 + 0.4 * Math.sin(0.05 * i))
  return asUnit(tf.tensor4d(values, [2, 24, 32, 3]))
}

test('a list is its transforms one after the other; the images stay and nothing else is left', async () => {
  const x = images()
  const before = tf.memory().numTensors
  const made = await applyTransforms(x, parseTransforms('crop:0.5+brightness:2'))
  const wanted = tf.tidy(() => brightness(centerCrop(x, { fraction: 0.5 }), { factor: 2 }))
  expect(made.shape).toEqual([2, 16, 22, 3])
  expect(await made.data()).toEqual(await wanted.data())
  tf.dispose([made, wanted])
  const same = await applyTransforms(x, [])
  same.dispose()
  expect(x.isDisposed).toBe(false)
  expect(tf.memory().numTensors).toBe(before)
})

test('every transform with a gradient gives images at once, and those through files with a codec', async () => {
  const x = images()
  for (const [name, { isDifferentiable, needsCodec }] of Object.entries(TRANSFORMS)) {
    const before = tf.memory().numTensors
    const parsed = parseTransforms(name === 'jpeg' ? 'jpeg:80,4:4:4' : name)
    if (isDifferentiable) {
      const made = applyDifferentiable(x, parsed)
      expect([made.shape[0], made.shape[3]], name).toEqual([2, 3])
      expect(
        (await made.data()).every((value) => value >= 0 && value <= 1),
        name,
      ).toBe(true)
      made.dispose()
    } else expect(() => applyDifferentiable(x, parsed)).toThrow('has no gradient')
    if (needsCodec) await expect(applyTransforms(x, parsed)).rejects.toThrow('needs a codec')
    expect(tf.memory().numTensors, name).toBe(before)
  }
})

test('a real JPEG and its simulation are within two levels of each other in the mean', async () => {
  const x = images()
  const list = parseTransforms('jpeg:70,4:4:4')
  const real = await (await applyTransforms(x, list, { codec: jpegJsCodec() })).data<'float32'>()
  const simulated = await applyDifferentiable(x, list).data()
  const plain = await x.data()
  const apart = (a: ArrayLike<number>) => real.reduce((sum, value, i) => sum + Math.abs(value - a[i]!), 0) / real.length
  expect(apart(simulated) * 255).toBeLessThan(2)
  expect(apart(plain)).toBeGreaterThan(2 * apart(simulated))
})

test('what fails leaves nothing behind', async () => {
  const x = images()
  const before = tf.memory().numTensors
  await expect(applyTransforms(x, parseTransforms('crop:0.5+crop:0.001'))).rejects.toThrow('leaves 0x0')
  await expect(applyTransforms(x, parseTransforms('flip+jpeg:80'), { codec: jpegJsCodec() })).rejects.toMatchObject({
    code: 'unsupported',
  })
  await expect(applyTransforms(x, parseTransforms('webp'), { codec: jpegJsCodec() })).rejects.toThrow(
    'jpeg-js writes jpeg and not webp',
  )
  expect(tf.memory().numTensors).toBe(before)
})

test("a program's own transform stands beside the others, also one that hands back what it is given", async () => {
  const x = images()
  const before = tf.memory().numTensors
  const own: Transform = { name: 'own', values: {}, differentiable: (images) => images, encoded: null }
  const made = await applyTransforms(x, [own, ...parseTransforms('flip'), own])
  expect(made.isDisposed).toBe(false)
  made.dispose()
  expect(tf.memory().numTensors).toBe(before)
})
