import { StableSigError } from '../errors.ts'

/** Most bits that a key may have: far beyond any extractor, small enough that no text makes a large allocation. */
export const MAX_KEY_BITS = 4096

/** Throws unless `bits` is a length that a key can have: an integer in 1..4096. */
export function checkKeyLength(bits: number): void {
  if (Number.isInteger(bits) && bits >= 1 && bits <= MAX_KEY_BITS) return
  throw new StableSigError('bad-argument', `A key has 1 to ${MAX_KEY_BITS} bits, found ${bits}`)
}

/**
 * Reads a key's text: 0s and 1s, first bit first, or `0x` and hexadecimal digits, each four bits, highest first. A line break at
 * its end, as in a file, is no part of it.
 * The error names a position (from 1) and never the character there: a digit of a mistyped key is still a part of it.
 * @param expectedBits the length that is required; any from 1 to 4096 where it is left out
 * @returns one byte a bit, 0 or 1, in the order written
 * @throws StableSigError 'bad-key'
 */
export function parseKeyText(given: string, expectedBits?: number): Uint8Array {
  if (typeof given !== 'string') throw new StableSigError('bad-key', `A key is text, found ${typeof given}`)
  const text = given.replace(/\r?\n$/, '')
  if (expectedBits !== undefined) checkKeyLength(expectedBits)
  const hex = text.startsWith('0x')
  const digits = hex ? text.length - 2 : text.length
  const bits = hex ? digits * 4 : digits
  checkCount(bits, hex, expectedBits)
  const out = new Uint8Array(bits)
  for (let i = 0; i < digits; i++) {
    if (hex) {
      const value = hexDigit(text.charCodeAt(i + 2))
      if (value < 0) throw wrongCharacter(i + 3, 'a hexadecimal digit')
      for (let j = 0; j < 4; j++) out[4 * i + j] = (value >> (3 - j)) & 1
    } else {
      const code = text.charCodeAt(i)
      if (code !== 0x30 && code !== 0x31) throw wrongCharacter(i + 1, '0 or 1 (hexadecimal starts with 0x)')
      out[i] = code & 1
    }
  }
  return out
}

/** One byte a bit -> '0101…', first bit first. */
export function bitsToText(bits: ArrayLike<number>): string {
  const codes = new Uint8Array(bits.length)
  for (let i = 0; i < bits.length; i++) codes[i] = 0x30 + bits[i]!
  return String.fromCharCode(...codes)
}

function checkCount(bits: number, hex: boolean, expectedBits: number | undefined): void {
  const spelled = hex ? `${bits} (${bits / 4} hexadecimal digits)` : `${bits}`
  if (expectedBits !== undefined && bits !== expectedBits) {
    const remedy = hex && expectedBits % 4 !== 0 ? '; write a length that is not a multiple of 4 as 0s and 1s' : ''
    throw new StableSigError('bad-key', `Expected a key of ${expectedBits} bits, found ${spelled}${remedy}`)
  }
  if (bits < 1 || bits > MAX_KEY_BITS) {
    throw new StableSigError('bad-key', `Expected a key of 1 to ${MAX_KEY_BITS} bits, found ${spelled}`)
  }
}

function wrongCharacter(position: number, expected: string): StableSigError {
  return new StableSigError('bad-key', `Character ${position} of the key is not ${expected}`)
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
