import { expect, test } from 'vitest'
import { fitLength } from './lengths.ts'
import { sampleLengths } from './samples.ts'

const open = sampleLengths(3)
const at = (f: (n: number, h: number, w: number) => number) => open.map(([n, h, w]) => f(n!, h!, w!))

test.each([
  ['a constant', at(() => 64), { factor: 0, powers: [0, 0, 0], offset: 64 }],
  ['an open length', at((_n, h) => h), { factor: 1, powers: [0, 1, 0], offset: 0 }],
  ['pixels of a latent position', at((_n, _h, w) => 8 * w), { factor: 8, powers: [0, 0, 1], offset: 0 }],
  ['positions', at((_n, h, w) => h * w), { factor: 1, powers: [0, 1, 1], offset: 0 }],
  ['elements', at((n, h, w) => 24 * n * h * w), { factor: 24, powers: [1, 1, 1], offset: 0 }],
  ['a side with a border', at((_n, h) => 2 * h + 3), { factor: 2, powers: [0, 1, 0], offset: 3 }],
])('%s is found', (_, values, length) => {
  expect(fitLength(values, open)).toEqual(length)
})

test.each([
  ['halves rounded up', at((_n, h) => Math.ceil(h / 2))],
  ['a sum of two open lengths', at((_n, h, w) => h + w)],
  ['the greater of two', at((n, h, w) => Math.max(13, n, h, w))],
])('%s is none', (_, values) => {
  expect(fitLength(values, open)).toBeNull()
})

test('samples change one open length at a time, by primes that no other takes', () => {
  expect(sampleLengths(0)).toEqual([[]])
  expect(sampleLengths(2)).toEqual([
    [2, 7],
    [3, 7],
    [2, 13],
    [3, 13],
  ])
  expect(new Set(sampleLengths(4).flat()).size).toBe(8)
  expect(() => sampleLengths(5)).toThrow(RangeError)
})
