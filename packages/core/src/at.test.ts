import { expect, test } from 'vitest'
import { at } from './at.ts'

test('an element that must be there is never a default', () => {
  expect([at([0, 1], 0), at(Float32Array.of(0.5, 2), 1)]).toEqual([0, 2])
  for (const i of [-1, 2, 0.5, Number.NaN]) expect(() => at(Float32Array.of(0, 1), i)).toThrow(/element .* of 2/)
})
