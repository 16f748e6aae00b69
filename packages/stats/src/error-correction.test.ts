import { expect, test } from 'vitest'
import { decodingFailure, falseAcceptRate } from './error-correction.ts'

test('perfect codes accept every word, the plain code its own', () => {
  expect(falseAcceptRate(7, 4, 1)).toBe(1)
  expect(falseAcceptRate(23, 12, 3)).toBe(1)
  expect(falseAcceptRate(48, 48, 0)).toBe(1)
  expect(falseAcceptRate(48, 32, 0)).toBe(2 ** -16)
})

test('shares whose factors leave the range of a double', () => {
  expect(falseAcceptRate(2047, 2036, 1)).toBe(1)
  expect(falseAcceptRate(4000, 2000, 0)).toBe(0)
  expect(falseAcceptRate(4000, 3000, 0) / 2 ** -1000).toBeCloseTo(1, 14)
})

test('decoding fails when more errors happen than are corrected', () => {
  expect(decodingFailure(7, 0, 0.1)).toBeCloseTo(1 - 0.9 ** 7, 15)
  expect(decodingFailure(7, 7, 0.1)).toBe(0)
  expect(decodingFailure(255, 18, 0.001)).toBeCloseTo(1.7508081e-29, 35)
})

test('refuses bad arguments and codes that cannot exist', () => {
  expect(() => falseAcceptRate(7, 5, 1)).toThrow('no code of 7 bits for 5 message bits corrects 1 errors')
  expect(() => falseAcceptRate(7, 8, 1)).toThrow('messageBits must be an integer in 0..7, but is 8')
  expect(() => decodingFailure(0, 0, 0.1)).toThrow('length must be an integer in 1..1000000, but is 0')
  expect(() => decodingFailure(7, 1, 1.5)).toThrow('bitErrorRate must be a probability in [0,1], but is 1.5')
  expect(() => decodingFailure(7, 1.5, 0.5)).toThrow(RangeError)
})
