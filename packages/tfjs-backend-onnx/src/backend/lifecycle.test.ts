import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { EngineError } from '../errors.ts'
import { nodeRuntime } from '../node/onnxruntime.ts'
import { useOnnx } from '../testing/engines.ts'
import { SlowRuntime } from '../testing/fake-runtime.ts'
import { OnnxBackend } from './backend.ts'
import { registerOnnxBackend } from './register.ts'
import type { FlushReport } from './report.ts'

const values = async (t: tf.Tensor) => Array.from(await t.data())

describe('with a runtime that can run synchronously', () => {
  let backend: OnnxBackend
  const reports: FlushReport[] = []
  beforeEach(async () => {
    reports.length = 0
    backend = await useOnnx({ name: 'onnx-lifecycle', onFlush: (report) => reports.push(report) })
  })

  test('nothing runs before a value is read, and only what can be read runs', async () => {
    const x = tf.tensor([1, 2, 3])
    const y = tf.tidy(() => tf.add(tf.mul(x, 2), 1))
    tf.tidy(() => {
      tf.exp(y)
    })
    expect(reports).toHaveLength(0)
    expect(await values(y)).toEqual([3, 5, 7])
    expect(reports).toHaveLength(1)
    expect(reports[0]).toMatchObject({ kernels: 2, dropped: 1, outputs: 1, compileReason: 'new structure' })
    tf.dispose([x, y])
  })

  test('a read leaves unconnected work pending', async () => {
    const w = tf.tensor([1, 2])
    const a = tf.mul(w, 2)
    const b = tf.mul(w, 3)
    expect(await values(a)).toEqual([2, 4])
    expect(reports[0]!.kernels).toBe(1)
    expect(backend.memory().pending).toBe(1)
    expect(await values(b)).toEqual([3, 6])
    tf.dispose([w, a, b])
  })

  test('dataSync computes at once', () => {
    const x = tf.tensor([1, 4, 9])
    const y = tf.sqrt(x)
    expect(Array.from(y.dataSync())).toEqual([1, 2, 3])
    tf.dispose([x, y])
  })

  test('dataSync during a waiting read computes both', async () => {
    const x = tf.tensor([1, 4, 9])
    const y = tf.sqrt(x)
    const reading = y.data()
    const z = tf.add(y, 1)
    expect(Array.from(z.dataSync())).toEqual([2, 3, 4])
    expect(Array.from(await reading)).toEqual([1, 2, 3])
    tf.dispose([x, y, z])
  })

  test('dataSync works at any moment of a read under way', async () => {
    for (const wait of [0, 1, 2, 3]) {
      const x = tf.tensor([1, 4, 9])
      const y = tf.sqrt(x)
      const reading = y.data()
      for (let i = 0; i < wait; i++) await Promise.resolve()
      if (wait === 3) await new Promise((resolve) => setImmediate(resolve))
      expect(Array.from(tf.add(y, 1).dataSync())).toEqual([2, 3, 4])
      expect(Array.from(await reading)).toEqual([1, 2, 3])
      tf.dispose([x, y])
    }
  })

  test('literals that change become inputs: two compiles, whatever follows', async () => {
    const x = tf.tensor([1, 2, 3])
    for (const [i, rate] of [0.5, 0.25, 0.125, 3, 0.5].entries()) {
      const y = tf.tidy(() => tf.sub(x, tf.mul(x, tf.scalar(rate))))
      expect(await values(y)).toEqual([1, 2, 3].map((v) => v - v * rate))
      y.dispose()
      expect(reports[i]!.compileReason === null).toBe(i > 1)
    }
    expect(reports[1]!.compileReason).toBe('1 literal changed value')
    x.dispose()
  })

  test('a tensor of shape [1] is an input from the start', async () => {
    const x = tf.tensor([1, 2, 3])
    for (const rate of [0.5, 0.25]) {
      const y = tf.tidy(() => tf.mul(x, tf.tensor1d([rate])))
      expect(await values(y)).toEqual([1, 2, 3].map((v) => v * rate))
      y.dispose()
    }
    expect(reports.map((r) => r.compileReason)).toEqual([expect.stringMatching(/^new structure/), null])
    x.dispose()
  })

  test('constants are compiled in; another constant is another graph', async () => {
    const x = tf.tensor([1, 2, 3])
    const apply = async (w: tf.Tensor) => {
      backend.hints.markConstant(w.dataId)
      const y = tf.mul(x, w)
      const result = await values(y)
      tf.dispose([y])
      return result
    }
    const first = tf.tensor([1, 2, 3])
    const again = tf.tensor([1, 2, 3])
    const other = tf.tensor([3, 2, 1])
    expect(await apply(first)).toEqual([1, 4, 9])
    expect(await apply(again)).toEqual([1, 4, 9])
    expect(await apply(other)).toEqual([3, 4, 3])
    expect(reports.map((r) => r.compileReason !== null)).toEqual([true, false, true])
    expect(reports[0]!.inputs).toBe(1)
    tf.dispose([x, first, again, other])
  })

  test("arrays that were read stay the reader's", async () => {
    const x = tf.tensor(Float32Array.from({ length: 4096 }, (_, i) => i))
    const y = tf.add(x, 1)
    const kept = await y.data()
    y.dispose()
    for (let i = 0; i < 4; i++) {
      const z = tf.mul(x, i + 2)
      await z.data()
      z.dispose()
    }
    expect(kept[5]).toBe(6)
    x.dispose()
  })

  test('a resident tensor disposed while kernels wait for it keeps its values for them', async () => {
    const x = tf.tensor(Float32Array.from({ length: 4096 }, (_, i) => i))
    const y = tf.add(x, 1)
    await backend.flush()
    const z = tf.mul(y, 2)
    y.dispose()
    const other = tf.sub(x, 1)
    await values(other)
    expect((await z.data())[3]).toBe(8)
    tf.dispose([x, z, other])
  })

  test('300 steps of training: tensors, sessions and pool stay as they are', async () => {
    const w = tf.variable(
      tf.tensor(
        Float32Array.from({ length: 6000 }, (_, i) => Math.sin(i)),
        [60, 100],
      ),
    )
    const x = tf.tensor(
      Float32Array.from({ length: 480 }, (_, i) => Math.cos(i)),
      [8, 60],
    )
    const optimizer = tf.train.adam(0.01)
    const ids: number[] = []
    const pools: number[] = []
    let loss = 0
    for (let step = 0; step < 300; step++) {
      const l = optimizer.minimize(() => tf.mean<tf.Scalar>(tf.square(tf.matMul(x, w))), true, [w])
      loss = (await l!.data())[0]!
      l!.dispose()
      ids.push(backend.numDataIds())
      pools.push(backend.memory().pooledBytes)
    }
    expect(loss).toBeLessThan(0.01)
    expect(new Set(ids.slice(2)).size).toBe(1)
    expect(new Set(pools.slice(20)).size).toBe(1)
    expect(reports.filter((r) => r.compileReason !== null).length).toBeLessThanOrEqual(4)
    optimizer.dispose()
    tf.dispose([w, x])
  })
})

test('the number of sessions is bounded', async () => {
  const backend = await useOnnx({ name: 'onnx-few', maxSessions: 3 })
  for (let i = 1; i <= 8; i++) {
    const x = tf.tensor(Float32Array.from({ length: i + 1 }, (_, k) => k))
    const y = tf.add(x, 1)
    expect((await y.data())[i]).toBe(i + 1)
    tf.dispose([x, y])
    expect(backend.memory().sessions).toBeLessThanOrEqual(3)
  }
})

test('a graph that grows too long computes itself', async () => {
  const reports: FlushReport[] = []
  await useOnnx({ name: 'onnx-short', maxPending: 50, onFlush: (r) => reports.push(r) })
  const x = tf.tensor([1, 2])
  const y = tf.tidy(() => {
    let sum: tf.Tensor = x
    for (let i = 0; i < 120; i++) sum = tf.add(sum, x)
    return sum
  })
  expect(reports.length).toBe(2)
  expect(await values(y)).toEqual([121, 242])
  tf.dispose([x, y])
})

describe('with a runtime that only runs asynchronously', () => {
  let runtime: SlowRuntime
  let backend: OnnxBackend
  let count = 0
  beforeEach(async () => {
    runtime = new SlowRuntime(await nodeRuntime())
    const name = `onnx-slow-${count++}`
    registerOnnxBackend(runtime, { name })
    await tf.setBackend(name)
    const made = tf.backend()
    if (!(made instanceof OnnxBackend)) throw new Error('another backend')
    backend = made
    runtime.gated = true
  })

  test('two reads at once share a flush where they share work, and never run together', async () => {
    const x = tf.tensor([1, 2, 3])
    const shared = tf.exp(x)
    const a = tf.add(shared, 1)
    const b = tf.mul(shared, 2)
    const other = tf.neg(x)
    const reading = Promise.all([values(a), values(b), values(other)])
    await runtime.open()
    const [va, vb, vo] = await reading
    expect(va![0]).toBeCloseTo(Math.E + 1, 5)
    expect(vb![0]).toBeCloseTo(2 * Math.E, 5)
    expect(vo).toEqual([-1, -2, -3])
    expect(runtime.mostRunning).toBe(1)
    expect(backend.stats.flushes).toBe(2)
    tf.dispose([x, shared, a, b, other])
  })

  test('kernels recorded during a flight build on what is in flight', async () => {
    const x = tf.tensor([1, 4])
    const y = tf.sqrt(x)
    const first = values(y)
    await runtime.begun()
    const z = tf.add(y, 1)
    const second = values(z)
    await runtime.open()
    expect(await first).toEqual([1, 2])
    expect(await second).toEqual([2, 3])
    tf.dispose([x, y, z])
  })

  test('disposal in flight: inputs and outputs may go', async () => {
    const before = backend.numDataIds()
    const x = tf.tensor(Float32Array.from({ length: 2048 }, (_, i) => i))
    const y = tf.add(x, 1)
    const z = tf.mul(y, 2)
    const reading = z.data()
    await runtime.begun()
    tf.dispose([x, y])
    await runtime.open()
    expect((await reading)[10]).toBe(22)
    z.dispose()
    expect(backend.numDataIds()).toBe(before)
  })

  test('a synchronous read of a pending tensor is a typed error; of a resident one it is not', async () => {
    const x = tf.tensor([1, 2])
    const y = tf.add(x, 1)
    expect(() => y.dataSync()).toThrowError(expect.objectContaining({ name: 'EngineError', code: 'no-sync-read' }))
    expect(Array.from(x.dataSync())).toEqual([1, 2])
    const reading = values(y)
    await runtime.open()
    await reading
    expect(Array.from(y.dataSync())).toEqual([2, 3])
    tf.dispose([x, y])
  })

  test('a failed run fails its reads and those built on it, and nothing else', async () => {
    const x = tf.tensor([1, 2])
    const y = tf.exp(x)
    runtime.failNext = true
    const reading = y.data()
    const outcome = expect(reading).rejects.toThrow('the device was lost')
    await runtime.open()
    await outcome
    const built = tf.add(y, 1)
    await expect(built.data()).rejects.toThrow('the device was lost')
    const fine = values(tf.neg(x))
    await runtime.open()
    expect(await fine).toEqual([-1, -2])
    tf.dispose([x, y, built])
  })

  test('dispose releases every session and refuses further kernels', async () => {
    const x = tf.tensor([1, 2])
    const reading = values(tf.add(x, 1))
    await runtime.open()
    await reading
    backend.dispose()
    await backend.settled()
    expect(runtime.released).toBe(runtime.created)
    expect(() => tf.add(x, 1)).toThrowError(EngineError)
  })
})
