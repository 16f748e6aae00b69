import { describe, expect, test } from 'vitest'
import { parseKey } from '../signal/key.ts'
import { countMatches, readBits } from './bits.ts'
import { psnr } from './psnr.ts'

describe('bits', () => {
  test('a logit of exactly 0 reads as 0', () => {
    expect([...readBits([0.1, 0, -0, -3])]).toEqual([1, 0, 0, 0])
    expect(countMatches(readBits([2, -1, 0, 5]), parseKey('1000'))).toBe(3)
  })
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s is no bit', (value) => {
    expect(() => readBits([1, value], { name: 'picture 3' })).toThrow(
      expect.objectContaining({ code: 'not-finite', message: `Logit 2 of 2 is ${value}: picture 3 cannot be read` }),
    )
  })
  test('refuses a key of another length: what it lacks is not a mismatch', () => {
    expect(() => countMatches([1], parseKey('10'))).toThrow(expect.objectContaining({ code: 'bad-key' }))
  })
})

describe('psnr', () => {
  test('is of the mean square over all values', () => {
    expect(psnr(Uint8Array.of(0, 0), Uint8Array.of(0, 255))).toBeCloseTo(10 * Math.log10(2), 12)
    expect(psnr(Uint8Array.of(7), Uint8Array.of(7))).toBe(Number.POSITIVE_INFINITY)
    expect(psnr(new Uint8Array(300).fill(10), new Uint8Array(300).fill(11))).toBeCloseTo(48.1308, 4)
  })
  test('refuses images of different or no size', () => {
    expect(() => psnr(Uint8Array.of(1), Uint8Array.of(1, 2))).toThrow(/1 and 2 values/)
    expect(() => psnr(new Uint8Array(), new Uint8Array())).toThrow(/0 and 0/)
  })
})
