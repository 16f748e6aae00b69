import { Readable } from 'node:stream'
import { memorySource } from '@stablesig/weights'
import { describe, expect, test } from 'vitest'
import { StableSigError } from '../../errors.ts'
import { revealKey } from '../../signal/key.ts'
import { type ReadRegistryOptions, type RegistryText, readRegistry } from './read-registry.ts'
import type { Registry } from './registry.ts'

const LINES = 'ada\t01010101\nbo\t0xf0\r\n\n小林\t00110011'

const entries = (registry: Registry) =>
  Object.fromEntries([...registry.users()].map((user) => [user, revealKey(registry.keyOf(user)!)]))

const failure = async (text: RegistryText, options?: ReadRegistryOptions): Promise<StableSigError> => {
  const error: unknown = await readRegistry(text, options).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof StableSigError) return error
  throw new Error(`expected a refusal, found ${String(error)}`)
}

const WANTED = { ada: '01010101', bo: '11110000', 小林: '00110011' }

describe('lines', () => {
  const bytes = new TextEncoder().encode(LINES)

  test.each<[string, RegistryText]>([
    ['a string', LINES],
    ['bytes', bytes],
    ['a byte order mark', `\ufeff${LINES}`],
    ['a byte source', memorySource('users.tsv', bytes)],
    ['a stream of Node', Readable.from([bytes])],
    ['a last newline', `${LINES}\n`],
    ['single characters', [...LINES]],
    ['UTF-16 units', LINES.split('')],
  ])('%s', async (_, text) => {
    expect(entries(await readRegistry(text))).toEqual(WANTED)
  })

  test('pieces cut anywhere, streamed', async () => {
    for (let size = 1; size <= bytes.length; size++) {
      const pieces = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
      }
      expect(entries(await readRegistry(pieces(), { bits: 8 }))).toEqual(WANTED)
    }
  })

  test('a pair of surrogates may be cut in two', async () => {
    const text = '🦊\t01'
    expect(entries(await readRegistry([text.slice(0, 1), text.slice(1)]))).toEqual({ '🦊': '01' })
    expect((await failure([text, '\ud83e'])).code).toBe('bad-registry')
  })

  test.each([
    ['ada\t0101\nbo 0101', 'Line 2: Expected a name, a tab and a key; found no tab'],
    ['ada\t0101\n\nbo\t01012', 'Line 3: Character 5 of the key is not 0 or 1'],
    ['ada\t0101\nbo\t0101\t', 'Line 2: Character 5'],
    ['ada\t0101\nbo\t', 'Line 2: Expected a key of 1 to 4096 bits, found 0'],
    ['ada\t0101\nbo\t01010', 'Line 2: Expected a key of 4 bits, as the keys before it; found 5'],
    ['ada\t0101\nbo\t0101', 'Line 2: Users "ada" and "bo" have the same key'],
    ['ada\t0101\nada\t1111', 'Line 2: User "ada" is registered twice'],
    ['\t0101', 'Line 1: A user’s name is empty'],
    ['a\u0007\t0101', 'Line 1: Byte 2 of a user’s name is a control character'],
    ['a\t0x5z', 'Line 1: Character 4 of the key is not a hexadecimal digit'],
    ['', 'Nobody is registered'],
    ['\n\n', 'Nobody is registered'],
  ])('%j is refused', async (text, says) => {
    const error = await failure(text)
    expect(error.code).toBe('bad-registry')
    expect(error.message).toContain(says)
  })

  test('errors name the file and never a key', async () => {
    const error = await failure(`ada\t${'01'.repeat(24)}\nbo\t${'01'.repeat(23)}0x`, { name: 'users.tsv' })
    expect(error.message).toMatch(/^users\.tsv: Line 2: /)
    expect(error.message).not.toMatch(/0101/)
    expect((await failure(memorySource('mine', new Uint8Array([65])))).message).toMatch(/^mine: Line 1/)
  })

  test('a required length is required of the first as well', async () => {
    expect((await failure('ada\t0101', { bits: 48 })).message).toContain('48 bits, as was asked for; found 4')
  })

  test('names that are not UTF-8 are refused', async () => {
    expect((await failure(Uint8Array.of(0xc3, 0x28, 9, 0x30))).message).toContain('not UTF-8')
  })

  test('limits', async () => {
    expect((await failure(LINES, { maxUsers: 2 })).code).toBe('limit')
    expect((await failure(LINES, { maxBytes: 20 })).code).toBe('limit')
    expect((await failure(['x'.repeat(6000), 'y'])).message).toContain('longer than')
  })

  test('lines may start with a brace where the format is told', async () => {
    expect(entries(await readRegistry('{}\t01', { format: 'lines' }))).toEqual({ '{}': '01' })
  })
})

describe('JSON', () => {
  test.each<[string, RegistryText]>([
    ['an object', '{ "ada": "01010101", "bo": "0xf0", "小林": "00110011" }'],
    ['a list', '[{"user":"ada","key":"01010101"},{"key":"0xf0","user":"bo"},{"name":"小林","bits":"00110011"}]'],
    ['escapes', '\n{"\\u0061da":"01010101","bo":"0xF0","\\u5c0f\\u6797":"00110011"}\n'],
    ['pieces', ['\ufeff', '  {"ada":"0101', '0101","bo":"0xf0", ', '"小林":"00110011"}']],
  ])('%s', async (_, text) => {
    expect(entries(await readRegistry(text))).toEqual(WANTED)
  })

  test('a field of every object is a name like any other', async () => {
    expect([...(await readRegistry('{"__proto__":"01"}')).users()]).toEqual(['__proto__'])
  })

  test.each([
    ['{"ada":"0101","ada":"1111"}', 'User "ada" is registered twice'],
    ['{"ada":"0101",\n"bo":"0101"}', 'Line 2: Users "ada" and "bo" have the same key'],
    ['{"ada":"0101","bo":"01"}', 'Expected a key of 4 bits, found 2'],
    ['{"ada":101}', 'Expected a string'],
    ['{"ada":"0101"} x', 'Expected the end'],
    ['{"ada":"0101"', 'Expected }'],
    ['{"ada":"0101', 'not well-formed'],
    ['{"ada":"01\n01"}', 'not well-formed'],
    ['{"ada":"01\\x01"}', 'not well-formed'],
    ['[{"user":"ada"}]', '"user" and "key"'],
    ['[{"user":"ada","key":"01","more":"1"}]', 'nothing else'],
    ['[["ada","01"]]', 'Expected {'],
    ['{}', 'Nobody is registered'],
    ['[]', 'Nobody is registered'],
  ])('%j is refused', async (text, says) => {
    const error = await failure(text)
    expect(error.code).toBe('bad-registry')
    expect(error.message).toContain(says)
    expect(error.message).not.toMatch(/01\\?|0101/)
    expect(error.cause).toBeUndefined()
  })

  test('what is not UTF-8 is refused', async () => {
    expect((await failure(Uint8Array.of(0x7b, 0x22, 0xff))).message).toContain('not UTF-8')
    expect((await failure(Uint8Array.of(0x7b, 0x22, 0xe5))).message).toContain('not UTF-8')
  })

  test('the format may be told', async () => {
    expect((await failure('ada\t01', { format: 'json' })).message).toContain('Expected [')
    expect((await failure('', { format: 'json' })).code).toBe('bad-registry')
  })
})
