import { expect, test } from 'vitest'
import { hwio, oihw } from './layout.ts'

test('axes turn round and back', () => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i)
  expect(oihw(hwio(values, [4, 3, 2, 1]), [2, 1, 3, 4])).toEqual(values)
})

test('a value that is not there is an error, and not a weight of 0', () => {
  expect([...hwio(new Float32Array(2).fill(1), [1, 2, 1, 1])]).toEqual([1, 1])
  // As many results as values, of a shape that reads beyond them.
  expect(() => hwio(new Float32Array(2).fill(1), [2, 2, 1, 1])).toThrow(RangeError)
})
