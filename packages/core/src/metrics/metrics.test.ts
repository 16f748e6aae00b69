import { describe, expect, test } from 'vitest'
import { bitsOf, matchingBits } from './bits.ts'
import { psnr, toBytes } from './psnr.ts'

describe('bits', () => {
  test('a logit of exactly 0 reads as 0', () => {
    expect([...bitsOf([0.1, 0, -0, -3])]).toEqual([1, 0, 0, 0])
    expect(matchingBits([2, -1, 0, 5], [1, 0, 0, 0])).toEqual({ matches: 3, total: 4 })
  })
  test('refuses other lengths and what is no number: neither is a mismatch', () => {
    expect(() => matchingBits([1], [1, 0])).toThrow(/1 logits against a key of 2/)
    expect(() => matchingBits([Number.NaN, 1], [0, 1])).toThrow(/logit 0/)
  })
})

describe('psnr', () => {
  test('rounds, clamps and measures', () => {
    expect([...toBytes([-0.2, 0, 0.5, 1, 1.7, 0.499])]).toEqual([0, 0, 128, 255, 255, 127])
    expect(psnr(Uint8Array.of(0, 0), Uint8Array.of(0, 255))).toBeCloseTo(10 * Math.log10(2), 12)
    expect(psnr(Uint8Array.of(7), Uint8Array.of(7))).toBe(Number.POSITIVE_INFINITY)
    expect(psnr(new Uint8Array(300).fill(10), new Uint8Array(300).fill(11))).toBeCloseTo(48.1308, 4)
  })
  test('refuses images of different or no size', () => {
    expect(() => psnr(Uint8Array.of(1), Uint8Array.of(1, 2))).toThrow(/1 and 2 values/)
    expect(() => psnr(new Uint8Array(), new Uint8Array())).toThrow(/0 and 0/)
  })
})
