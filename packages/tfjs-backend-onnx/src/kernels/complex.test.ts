import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import type { OnnxBackend } from '../backend/backend.ts'
import { useOnnx } from '../testing/engines.ts'

let backend: OnnxBackend
beforeAll(async () => {
  backend = await useOnnx({ name: 'onnx-complex' })
})

const ids = () => tf.engine().backend.numDataIds()

test('a complex tensor shares its parts, which live as long as any of the three', async () => {
  const before = { ...tf.memory(), ids: ids() }
  const real = tf.tensor1d([1, 2, 3])
  const imag = tf.tensor1d([4, 5, 6])
  const x = tf.complex(real, imag)
  expect(ids()).toBe(before.ids + 3)
  expect(tf.memory().numTensors).toBe(before.numTensors + 3)
  tf.dispose([real, imag])
  expect(ids()).toBe(before.ids + 3)
  const part = tf.imag(x)
  const same = tf.reshape(x, [3, 1])
  tf.dispose([x])
  expect([...(await same.data())]).toEqual([1, 4, 2, 5, 3, 6])
  tf.dispose(same)
  expect([...(await part.data())]).toEqual([4, 5, 6])
  tf.dispose(part)
  const { numTensors, numDataBuffers, numBytes } = tf.memory()
  expect({ numTensors, numDataBuffers, numBytes, ids: ids() }).toEqual({
    numTensors: before.numTensors,
    numDataBuffers: before.numDataBuffers,
    numBytes: before.numBytes,
    ids: before.ids,
  })
})

test('a chain of complex operations is computed in one flush and leaves nothing', async () => {
  const [ids0, flushes, buffers] = [ids(), backend.stats.flushes, tf.memory().numDataBuffers]
  const y = tf.tidy(() => tf.irfft(tf.mul(tf.rfft(tf.tensor2d([[1, 2, 3, 4]])), tf.complex(0, 1))))
  await y.data()
  expect(backend.stats.flushes).toBe(flushes + 1)
  y.dispose()
  expect(ids()).toBe(ids0)
  expect(tf.memory().numDataBuffers).toBe(buffers)
})

test('parts have the shape of the tensor they are taken from, and linear kernels take them one by one', async () => {
  const results = tf.tidy(() => {
    const x = tf.complex([1, 2, 3, 4], [5, 6, 7, 8])
    const square = tf.reshape(x, [2, 2])
    const [left, right] = tf.split(square, 2, 1)
    return {
      part: tf.imag(square),
      transposed: tf.transpose(square),
      joined: tf.concat([right!, left!], 1),
      product: tf.mul(square, tf.complex([1, 0], [0, 1])),
      sum: tf.sum(square, 0),
      zeros: tf.zerosLike(square),
    }
  })
  expect(results.part.shape).toEqual([2, 2])
  const values = async (t: tf.Tensor) => [...(await t.data())]
  expect(await values(results.part)).toEqual([5, 6, 7, 8])
  expect(await values(results.transposed)).toEqual([1, 5, 3, 7, 2, 6, 4, 8])
  expect(await values(results.joined)).toEqual([2, 6, 1, 5, 4, 8, 3, 7])
  expect(await values(results.product)).toEqual([1, 5, -6, 2, 3, 7, -8, 4])
  expect(await values(results.sum)).toEqual([4, 12, 6, 14])
  expect(results.zeros.shape).toEqual([2, 2])
  expect(await values(results.zeros)).toEqual(new Array(8).fill(0))
  tf.dispose(results)
})

test('complex tensors come over from another backend', async () => {
  await tf.setBackend('cpu')
  const x = tf.complex([1, 2], [3, 4])
  await tf.setBackend('onnx-complex')
  const y = tf.mul(x, x)
  expect([...(await y.data())]).toEqual([-8, 6, -12, 16])
  tf.dispose([x, y])
})

test('a kernel that knows no complex numbers says so before anything is recorded', () => {
  const x = tf.complex([1, 2], [3, 4])
  expect(() => tf.exp(x)).toThrow(/Exp: a complex64 tensor is not available on the onnx backend; use tf\.real/)
  x.dispose()
})

test.each([3, 15, 97, 100, 243, 1000, 1021])('transforms of %i values are as exact as rounding allows', async (n) => {
  const values = Float64Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i * i)))
  const x = tf.complex(tf.tensor1d([...values]), tf.zeros([n]))
  const y = tf.fft(x)
  const back = tf.real(tf.ifft(y))
  const got = await y.data()
  let worst = 0
  for (let k = 0; k < n; k++) {
    let [re, im] = [0, 0]
    values.forEach((v, j) => {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n
      re += v * Math.cos(angle)
      im += v * Math.sin(angle)
    })
    worst = Math.max(worst, Math.hypot(re - got[2 * k]!, im - got[2 * k + 1]!))
  }
  expect(worst / Math.sqrt(n)).toBeLessThan(3e-6)
  const restored = await back.data()
  expect(Math.max(...restored.map((v, i) => Math.abs(v - values[i]!)))).toBeLessThan(2e-6)
  tf.dispose([x, y, back])
})
