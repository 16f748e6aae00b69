import { describe, expect, test } from 'vitest'
import { DTYPE_BYTES } from '../dtype.ts'
import type { DType } from '../state-dict.ts'
import { gather, isContiguous, negate, reach } from './gather.ts'
import { StorageRef, TensorRef } from './refs.ts'

const view = (shape: readonly number[], stride: readonly number[], offset = 0, dtype: DType = 'uint16') =>
  new TensorRef(new StorageRef('0', dtype, 1000), dtype, offset, shape, stride, false)

test.each([
  ['a matrix', [2, 3], [3, 1], true],
  ['a transposed matrix', [3, 2], [1, 3], false],
  ['axes of one', [1, 3, 1], [99, 1, 7], true],
  ['nothing', [0, 3], [1, 1], true],
  ['a scalar', [], [], true],
  ['a gap', [2, 2], [3, 1], false],
])('%s', (_, shape, stride, expected) => {
  expect(isContiguous(view(shape, stride))).toBe(expected)
})

test('reach is from the first element to the last', () => {
  expect(reach(view([2, 3], [10, 2], 5))).toEqual({ first: 5, length: 15 })
  expect(reach(view([2, 0], [10, 2], 5))).toEqual({ first: 5, length: 0 })
  expect(reach(view([], [], 5))).toEqual({ first: 5, length: 1 })
})

test('gather follows strides in four axes as indices do', () => {
  const [shape, stride] = [
    [2, 3, 2, 2],
    [1, 2, 12, 6],
  ]
  const elements = Uint16Array.from({ length: 24 }, (_, i) => 100 + i)
  const out = new Uint16Array(gather(new Uint8Array(elements.buffer), view(shape, stride), 2).buffer)
  const expected: number[] = []
  for (let a = 0; a < 2; a++)
    for (let b = 0; b < 3; b++)
      for (let c = 0; c < 2; c++) for (let d = 0; d < 2; d++) expected.push(100 + a + 2 * b + 12 * c + 6 * d)
  expect([...out]).toEqual(expected)
})

describe('negate', () => {
  test.each<[DType, number[], number[]]>([
    ['float32', [0, 0, 0x80, 0x3f], [0, 0, 0x80, 0xbf]],
    ['float16', [0, 0xbc], [0, 0x3c]],
    ['int16', [1, 0, 0, 1, 0, 0], [0xff, 0xff, 0, 0xff, 0, 0]],
    ['int8', [5, 0x80], [0xfb, 0x80]],
    ['bool', [1], [1]],
  ])('%s', (dtype, before, after) => {
    const bytes = Uint8Array.from(before)
    negate(bytes, dtype, DTYPE_BYTES[dtype])
    expect([...bytes]).toEqual(after)
  })
})
