import { describe, expect, test } from 'vitest'
import { fromFloat32, swapBytes, toFloat32 } from './convert.ts'
import { float16ToNumber, numberToBfloat16, numberToFloat16 } from './float-formats.ts'
import type { DType } from './state-dict.ts'

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

// Bytes as a file has them, little-endian, and the values they stand for.
const cases: [DType, string, number[]][] = [
  ['float64', '000000000000f03f182d4454fb210940010000000000f0ff', [1, Math.fround(Math.PI), Number.NaN]],
  ['float32', '0000803f00000080010000000000807f', [1, -0, 2 ** -149, Number.POSITIVE_INFINITY]],
  ['float16', '003c00800100ff7b007c017e0004', [1, -0, 2 ** -24, 65504, Number.POSITIVE_INFINITY, Number.NaN, 2 ** -14]],
  ['bfloat16', '803f00800100807fc07f', [1, -0, Math.fround(2 ** -133), Number.POSITIVE_INFINITY, Number.NaN]],
  ['float8_e4m3fn', '3880017e7ffe08', [1, -0, 2 ** -9, 448, Number.NaN, -448, 2 ** -6]],
  ['float8_e5m2', '3c80017b7c7d04', [1, -0, 2 ** -16, 57344, Number.POSITIVE_INFINITY, Number.NaN, 2 ** -14]],
  ['int64', 'ffffffffffffffff0000000000010000', [-1, 2 ** 40]],
  ['uint64', 'ffffffffffffffff', [2 ** 64]],
  ['int32', 'ffffff7f00000080', [2 ** 31, -(2 ** 31)]],
  ['uint32', 'ffffffff', [2 ** 32]],
  ['int16', 'ff7f0080', [32767, -32768]],
  ['uint16', 'ffff', [65535]],
  ['int8', '7f80', [127, -128]],
  ['uint8', '00ff', [0, 255]],
  ['bool', '000102', [0, 1, 1]],
]

describe('toFloat32', () => {
  test.each(cases)('%s', (dtype, bytes, values) => {
    expect([...toFloat32(hex(bytes), dtype)]).toEqual(values)
  })

  test('reads at any alignment', () => {
    const bytes = hex('ff0000803f').subarray(1)
    expect([...toFloat32(bytes, 'float32')]).toEqual([1])
    expect([...toFloat32(bytes.subarray(0, 4), 'float16')]).toEqual([0, 1.875])
  })

  test('gives values in memory of their own', () => {
    const bytes = fromFloat32(Float32Array.of(5), 'float32')
    toFloat32(bytes, 'float32').fill(0)
    expect([...toFloat32(bytes, 'float32')]).toEqual([5])
  })

  test('rounds 64-bit integers once: 2^53 + 2^29 + 1 lies above the middle of two float32', () => {
    const view = new DataView(new ArrayBuffer(8))
    view.setBigInt64(0, 2n ** 53n + 2n ** 29n + 1n, true)
    expect([...toFloat32(new Uint8Array(view.buffer), 'int64')]).toEqual([2 ** 53 + 2 ** 30])
    view.setBigInt64(0, -(2n ** 53n + 2n ** 29n + 1n), true)
    expect([...toFloat32(new Uint8Array(view.buffer), 'int64')]).toEqual([-(2 ** 53 + 2 ** 30)])
  })

  test('refuses a part of an element', () => {
    expect(() => toFloat32(new Uint8Array(7), 'float32')).toThrow('7 bytes are no whole number of float32')
  })
})

describe('fromFloat32', () => {
  test('brings every float16 and bfloat16 back to its bits', () => {
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const all = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer)
      const back = fromFloat32(toFloat32(all, dtype), dtype)
      const values = toFloat32(all, dtype)
      const changed = Array.from(values.keys()).filter(
        (bits) => !Number.isNaN(values[bits]) && back[2 * bits]! + 256 * back[2 * bits + 1]! !== bits,
      )
      expect(changed).toEqual([])
    }
  })

  test('float16: nearest, ties to even', () => {
    expect(numberToFloat16(1 + 2 ** -11)).toBe(0x3c00)
    expect(numberToFloat16(1 + 3 * 2 ** -11)).toBe(0x3c02)
    expect(numberToFloat16(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01)
    expect(numberToFloat16(65519.99)).toBe(0x7bff)
    expect(numberToFloat16(65520)).toBe(0x7c00)
    expect(numberToFloat16(2 ** -25)).toBe(0)
    expect(numberToFloat16(2 ** -25 * 1.001)).toBe(1)
    expect(numberToFloat16(-3 * 2 ** -25)).toBe(0x8002)
    expect(numberToFloat16(2 ** -14 - 2 ** -26)).toBe(0x0400)
  })

  test('bfloat16: nearest, ties to even', () => {
    expect(numberToBfloat16(1 + 2 ** -8)).toBe(0x3f80)
    expect(numberToBfloat16(1 + 3 * 2 ** -8)).toBe(0x3f82)
    expect(numberToBfloat16(3.4e38)).toBe(0x7f80)
    expect(numberToBfloat16(-0)).toBe(0x8000)
  })

  test('NaN stays NaN', () => {
    expect(float16ToNumber(numberToFloat16(Number.NaN))).toBeNaN()
    expect([...toFloat32(fromFloat32(Float32Array.of(Number.NaN), 'bfloat16'), 'bfloat16')]).toEqual([Number.NaN])
  })
})

test('swapBytes turns each element round', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  swapBytes(bytes, 4)
  expect([...bytes]).toEqual([4, 3, 2, 1, 8, 7, 6, 5])
})
