import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { StableSigError } from '../errors.ts'
import { checkKey, type Key, keyBits, keyFromBits, keyId, parseKey, randomKey, randomKeys, revealKey } from './key.ts'

const TEXT = '011010011100010111110000101001011100001110101100'

function failure(run: () => unknown): StableSigError {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(StableSigError)
    return error as StableSigError
  }
  throw new Error('nothing was thrown')
}

describe('parsing', () => {
  test('0s and 1s, first bit first', () => {
    const key = parseKey('0110')
    expect([...keyBits(key)]).toEqual([0, 1, 1, 0])
    expect(revealKey(key)).toBe('0110')
    expect(key.length).toBe(4)
    expect(revealKey(parseKey(TEXT, 48))).toBe(TEXT)
  })

  test('hexadecimal only as 0x, four bits a digit, highest first', () => {
    expect(revealKey(parseKey('0x1aF'))).toBe('000110101111')
    expect(failure(() => parseKey('1a')).message).toContain('Character 2')
    expect(failure(() => parseKey('0X1a')).message).toContain('Character 2')
    expect(failure(() => parseKey('0x1g')).message).toContain('Character 4')
    expect(failure(() => parseKey('0x')).code).toBe('bad-key')
    expect(failure(() => parseKey('0x1a', 7)).message).toContain('multiple of 4')
  })

  test.each([
    ['', 'found 0'],
    ['01 1', 'Character 3'],
    ['0101\n\n', 'Character 5'],
    [' 01', 'Character 1'],
    ['01٣', 'Character 3'],
    ['1'.repeat(4097), 'found 4097'],
  ])('%j is refused by its place', (text, says) => {
    const error = failure(() => parseKey(text))
    expect(error.code).toBe('bad-key')
    expect(error.message).toContain(says)
  })

  test('the expected length is required', () => {
    expect(failure(() => parseKey('0101', 48)).message).toBe('Expected a key of 48 bits, found 4')
    expect(failure(() => parseKey('01', 0)).code).toBe('bad-argument')
  })

  test('no error repeats what was written', () => {
    for (const text of [`${TEXT}x`, TEXT.slice(1), `0x${'abc'.repeat(5)}z`, 'f00dfeed']) {
      const message = failure(() => parseKey(text, 48)).message
      expect(message).not.toContain(text.slice(2, 8))
    }
  })

  test('bits of another kind are refused', () => {
    expect(revealKey(keyFromBits([1, 0, 1]))).toBe('101')
    expect(failure(() => keyFromBits([0, 2])).message).toContain('Bit 2')
    expect(failure(() => keyFromBits([])).code).toBe('bad-argument')
  })
})

describe('nothing shows a key', () => {
  test.each<[string, (key: Key) => string]>([
    ['String', (key) => String(key)],
    ['a template', (key) => `${key}`],
    ['JSON', (key) => JSON.stringify({ key })],
    ['inspect', (key) => inspect({ key }, { depth: 9, showHidden: true })],
    ['Object.entries', (key) => JSON.stringify(Object.entries(key))],
    ['a structured clone', (key) => inspect(structuredClone({ ...key }))],
  ])('%s', async (_, show) => {
    const key = parseKey(TEXT)
    expect(show(key)).not.toMatch(/[01]{6}|0, ?1/)
    await keyId(key)
    expect(show(key)).not.toMatch(/[01]{6}|0, ?1/)
  })

  test('the copy that is handed out is not the key', () => {
    const key = parseKey('0000')
    keyBits(key).fill(1)
    expect(revealKey(key)).toBe('0000')
  })

  test('what looks like a key is not one', () => {
    const error = failure(() => keyBits(JSON.parse('{"bits":"0101"}')))
    expect(error.code).toBe('bad-key')
    expect(failure(() => checkKey(parseKey('01'), 48)).message).toContain('48 bits')
  })
})

describe('ids', () => {
  test('depend on the bits and their number', async () => {
    const id = await keyId(parseKey(TEXT))
    expect(id).toMatch(/^[0-9a-f]{8}$/)
    expect(await keyId(keyFromBits(keyBits(parseKey(TEXT))))).toBe(id)
    expect(await keyId(parseKey(`${TEXT}0`))).not.toBe(id)
    expect(await keyId(parseKey(TEXT.replace('0', '1')))).not.toBe(id)
  })

  test('toString tells the id once it is known', async () => {
    const key = parseKey(TEXT)
    expect(String(key)).toBe('Key(48 bits)')
    const id = await keyId(key)
    expect(String(key)).toBe(`Key(48 bits, id ${id})`)
  })
})

describe('random keys', () => {
  test('a seed repeats them, none does not', () => {
    const seeded = randomKeys(3, 48, { seed: 'a' }).map(revealKey)
    expect(randomKeys(3, 48, { seed: 'a' }).map(revealKey)).toEqual(seeded)
    expect(revealKey(randomKey(48, { seed: 'a' }))).toBe(seeded[0])
    expect(new Set(seeded).size).toBe(3)
    expect(revealKey(randomKey())).not.toBe(revealKey(randomKey()))
    expect(revealKey(randomKey(48, { seed: 0 }))).not.toBe(revealKey(randomKey(48, { seed: 1 })))
  })

  test.each([undefined, 7])('bits are fair (seed %s)', (seed) => {
    const keys = randomKeys(2000, 64, seed === undefined ? {} : { seed })
    const ones = keys.reduce((sum, key) => sum + keyBits(key).reduce((a, b) => a + b, 0), 0)
    // 128,000 fair bits: six deviations are 1,074.
    expect(Math.abs(ones - 64_000)).toBeLessThan(1074)
  })

  test('lengths and counts are checked', () => {
    expect(failure(() => randomKey(0)).code).toBe('bad-argument')
    expect(failure(() => randomKey(1.5)).code).toBe('bad-argument')
    expect(failure(() => randomKeys(-1)).code).toBe('bad-argument')
    expect(randomKeys(0)).toEqual([])
  })
})

test('the line break at the end of a key file is no part of the key', () => {
  for (const end of ['\n', '\r\n', '']) expect(revealKey(parseKey(`0110${end}`, 4))).toBe('0110')
  expect(() => parseKey('0110\n\n')).toThrow()
  expect(() => parseKey(' 0110')).toThrow()
})
