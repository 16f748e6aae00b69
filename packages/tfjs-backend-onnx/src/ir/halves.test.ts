import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { OnnxBackend } from '../backend/backend.ts'
import type { FlushReport } from '../backend/report.ts'
import { fromHalf, halfBits } from '../onnx/half.ts'
import { useOnnx } from '../testing/engines.ts'
import { Halves } from './halves.ts'

const words = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length)
/** Bit for bit: negative zero is not zero. */
const same = (a: Float32Array, b: Float32Array) => {
  const there = words(b)
  return a.length === b.length && words(a).every((word, i) => word === there[i])
}
const ofWords = (list: Iterable<number>) => new Float32Array(Uint32Array.from(list).buffer)

/** Every finite float16 and bfloat16, by its value. */
const everyFloat16 = fromHalf(
  Uint16Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00),
)
const everyBfloat16 = ofWords(
  Array.from({ length: 65536 }, (_, i) => i << 16).filter((word) => (word & 0x7f800000) !== 0x7f800000),
)

describe('values that halves hold exactly', () => {
  test.each([
    ['float16', everyFloat16],
    ['bfloat16', everyBfloat16],
  ])('every %s is kept and comes back', (format, values) => {
    const halves = Halves.of(values)
    expect(halves).toMatchObject({ format, byteLength: 2 * values.length, length: values.length })
    expect(same(halves!.expand(), values)).toBe(true)
  })

  test('a float16 is kept by the bits that rounding gives', () => {
    const bits = Halves.of(everyFloat16)!.bits
    expect(bits.every((half, i) => half === halfBits(everyFloat16[i]!))).toBe(true)
  })

  test('one value that is none refuses all', () => {
    const between = [
      1 + 2 ** -11 + 2 ** -20,
      65505,
      65536 + 1,
      2 ** -25 * 1.0001,
      0.1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]
    for (const value of between) {
      for (const at of [0, 5000]) {
        const values = new Float32Array(5001).fill(0.5)
        values[at] = value
        expect(Halves.of(values)).toBeNull()
      }
    }
  })

  test('what neither format holds alone is not mixed', () => {
    expect(Halves.of(Float32Array.of(1 + 2 ** -10, 0))?.format).toBe('float16')
    expect(Halves.of(Float32Array.of(2 ** 100, 0))?.format).toBe('bfloat16')
    expect(Halves.of(Float32Array.of(1 + 2 ** -10, 2 ** 100))).toBeNull()
  })

  test('their words tell the last of an odd number apart', () => {
    const [a, b] = [Halves.of(Float32Array.of(1, 2, 3))!, Halves.of(Float32Array.of(1, 2, 4))!]
    expect(a.words).toHaveLength(2)
    expect(a.words).not.toEqual(b.words)
  })
})

describe('constants of the engine', () => {
  const reports: FlushReport[] = []
  const start = async (): Promise<OnnxBackend> => {
    const backend = await useOnnx({ name: 'onnx-halves', onFlush: (report) => reports.push(report) })
    reports.length = 0
    return backend
  }
  afterEach(() => void vi.restoreAllMocks())

  /** A filter whose values a half holds, marked as constant. */
  const frozen = (backend: OnnxBackend, seed: number, shape: [number, number, number, number] = [3, 3, 16, 32]) => {
    const drawn = tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed)
    const filter = tf.tensor4d(fromHalf(Uint16Array.from(drawn.dataSync(), halfBits)), shape)
    drawn.dispose()
    backend.hints.markConstant(filter.dataId)
    return filter
  }

  /** Convolutions by the filter, of any size, forwards and back to the input. */
  const network = (filter: tf.Tensor4D, side: number) =>
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([1, side, side, 16], 0, 1, 'float32', 7)
      const f = (image: tf.Tensor) =>
        tf.sum(tf.square(tf.conv2d(tf.relu(tf.reshape<tf.Rank.R4>(image, x.shape)), filter, 1, 'same')))
      return tf.concat([tf.reshape(tf.grad(f)(x), [-1]), tf.reshape(f(x), [1])])
    })

  const computed = async (make: () => tf.Tensor) => {
    const made = make()
    const values = await made.data<'float32'>()
    made.dispose()
    return values
  }

  test('keep halves, give the same values when read, and free them', async () => {
    const backend = await start()
    const before = [backend.memory().halfBytes, tf.memory().numTensors]
    const filter = frozen(backend, 1)
    expect(backend.memory().halfBytes).toBe(before[0]! + 2 * filter.size)
    backend.hints.markConstant(filter.dataId)
    expect(backend.memory().halfBytes).toBe(before[0]! + 2 * filter.size)
    const values = await filter.data<'float32'>()
    expect(values).toBeInstanceOf(Float32Array)
    expect(same(filter.dataSync<'float32'>(), values)).toBe(true)
    const view = tf.reshape(filter, [-1])
    filter.dispose()
    expect(same(await view.data<'float32'>(), values)).toBe(true)
    view.dispose()
    expect([backend.memory().halfBytes, tf.memory().numTensors]).toEqual(before)
  })

  test('stay in float32 where a half would round, and where they are small', async () => {
    const backend = await start()
    const before = backend.memory().halfBytes
    const full = tf.randomNormal([64, 64], 0, 1, 'float32', 1)
    const small = tf.linspace(0, 1, 1024)
    for (const tensor of [full, small]) {
      await tensor.data()
      backend.hints.markConstant(tensor.dataId)
    }
    expect(backend.memory().halfBytes).toBe(before)
    tf.dispose([full, small])
  })

  test('give results equal to the bit to those of float32', async () => {
    const backend = await start()
    const filter = frozen(backend, 2)
    const halved = await computed(() => network(filter, 9))
    vi.spyOn(Halves, 'of').mockReturnValue(null)
    const whole = frozen(backend, 2)
    expect(same(await computed(() => network(whole, 9)), halved)).toBe(true)
    // Neither was fed, and a session holds float32 whichever came.
    const [first, second] = reports.filter(({ constantBytes }) => constantBytes > 0).slice(-2)
    expect(second!.constantBytes).toBe(2 * first!.constantBytes)
    tf.dispose([filter, whole])
  })

  test('give nearly the same where they are fed', async () => {
    const compiled = await start()
    const inside = frozen(compiled, 2)
    const expected = await computed(() => network(inside, 9))
    inside.dispose()
    const fedReports: FlushReport[] = []
    const onFlush = (report: FlushReport) => fedReports.push(report)
    const backend = await useOnnx({ name: 'onnx-fed-network', maxModelConstants: 1000, onFlush })
    const filter = frozen(backend, 2)
    const values = await computed(() => network(filter, 9))
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(values.every((value, i) => Math.abs(value - expected[i]!) <= 1e-5 * largest)).toBe(true)
    expect(fedReports.at(-1)!.inputBytes).toBeGreaterThanOrEqual(2 * filter.size)
    expect(fedReports.at(-1)!.constantBytes).toBeLessThan(2 * filter.size)
    filter.dispose()
  })

  test.each([
    ['float16', everyFloat16],
    ['bfloat16', everyBfloat16],
  ])('are widened exactly by the runtime: every %s', async (_, values) => {
    const backend = await start()
    const constant = tf.tensor1d(values)
    backend.hints.markConstant(constant.dataId)
    const one = tf.tensor1d([1])
    expect(same(await computed(() => tf.mul(constant, one)), values)).toBe(true)
    tf.dispose([constant, one])
  })

  test('with equal halves share a session; others, and other formats of the same bits, do not', async () => {
    const backend = await start()
    const x = tf.linspace(0, 1, 2001)
    const bits = Uint16Array.from({ length: 2001 }, (_, i) => 0x3c00 + (i % 7))
    const constants = [
      fromHalf(bits),
      fromHalf(bits),
      fromHalf(bits.with(2000, 0x3c00 + 8)),
      ofWords(Array.from(bits, (half) => half << 16)),
    ].map((values) => tf.tensor1d(values))
    for (const constant of constants) {
      backend.hints.markConstant(constant.dataId)
      const expected = x.dataSync<'float32'>().map((value, i) => value * constant.dataSync()[i]!)
      expect(same(await computed(() => tf.mul(x, constant)), expected)).toBe(true)
    }
    const compiled = reports.filter(({ inputs }) => inputs === 1).map(({ compileReason }) => compileReason !== null)
    expect(compiled).toEqual([true, false, true, true])
    tf.dispose([x, ...constants])
  })

  test('serve any size from the second on, as float32 does', async () => {
    const backend = await start()
    const filter = frozen(backend, 3)
    const apply = async (side: number) => {
      const x = tf.randomNormal<tf.Rank.R4>([1, side, side, 16], 0, 1, 'float32', 7)
      await computed(() => tf.tidy(() => tf.mean(tf.mean(tf.relu(tf.conv2d(x, filter, 1, 'same')), 2), 1)))
      x.dispose()
    }
    for (const side of [8, 12, 9]) await apply(side)
    tf.dispose(filter)
    expect(reports.map((r) => r.compileReason !== null)).toEqual([true, true, false])
  })
})

describe.each([
  ['float16', everyFloat16],
  ['bfloat16', everyBfloat16],
])('constants of %s beyond what a model may hold', (format, values) => {
  test('are fed as they are kept, and widened exactly', async () => {
    const reports: FlushReport[] = []
    const options = { maxModelConstants: 100_000, onFlush: (report: FlushReport) => reports.push(report) }
    const backend = await useOnnx({ name: `onnx-fed-${format}`, ...options })
    const constant = tf.tensor1d(values)
    backend.hints.markConstant(constant.dataId)
    const one = tf.tensor1d([1])
    for (let run = 0; run < 2; run++) {
      const product = tf.mul(constant, one)
      expect(same(await product.data<'float32'>(), values)).toBe(true)
      product.dispose()
    }
    const bytes = format === 'float16' ? 2 * values.length : 4 * values.length
    expect(reports.map(({ inputBytes, constantBytes }) => [inputBytes, constantBytes])).toEqual([
      [bytes + 4, 0],
      [bytes + 4, 0],
    ])
    expect(reports[1]!.compileReason).toBeNull()
    expect(backend.memory().halfBytes).toBe(2 * values.length)
    tf.dispose([constant, one])
    expect(backend.memory().halfBytes).toBe(0)
  })
})
