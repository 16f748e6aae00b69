import { describe, expect, test } from 'vitest'
import { decodeText, Utf8Pieces } from './text.ts'

const TEXT = 'ada\t0101\r\nbjörn 𝄞\n'

/** As editors and shells write it. */
const utf16 = (text: string, bigEndian = false): Uint8Array => {
  const bytes = new Uint8Array(2 + 2 * text.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(2 + 2 * i, text.charCodeAt(i), !bigEndian)
  view.setUint16(0, 0xfeff, !bigEndian)
  return bytes
}
const utf8 = (text: string) => new TextEncoder().encode(text)
const ENCODED = [
  ['UTF-8', utf8(TEXT)],
  ['UTF-8 with a mark', utf8(`\ufeff${TEXT}`)],
  ['UTF-16, low byte first', utf16(TEXT)],
  ['UTF-16, high byte first', utf16(TEXT, true)],
] as const

describe.each(ENCODED)('%s', (_, bytes) => {
  test('is the same text', () => expect(decodeText(bytes)).toBe(TEXT))

  test('however it is cut', () => {
    for (let size = 1; size <= bytes.length; size++) {
      const pieces = new Utf8Pieces()
      const out: number[] = []
      for (let at = 0; at < bytes.length; at += size) out.push(...pieces.push(bytes.subarray(at, at + size)))
      out.push(...pieces.finish())
      expect(new TextDecoder().decode(Uint8Array.from(out))).toBe(TEXT)
    }
  })
})

test('short and empty texts', () => {
  expect(['', 'a', 'ab'].map((text) => decodeText(utf8(text)))).toEqual(['', 'a', 'ab'])
  expect(decodeText(utf8('\ufeff'))).toBe('')
  expect(decodeText(utf16(''))).toBe('')
})

test('what is no text is refused; bytes of names that are not UTF-8 pass', () => {
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: 'bad-argument', message: expect.stringMatching(message) })
  expect(() => decodeText(Uint8Array.of(0x61, 0xe9, 0x0a))).toThrow(refused(/UTF-8/))
  expect(() => decodeText(Uint8Array.of(0xff, 0xfe, 0x61))).toThrow(refused(/says UTF-16/))
  expect([...new Utf8Pieces().push(Uint8Array.of(0x61, 0xe9, 0x0a))]).toEqual([0x61, 0xe9, 0x0a])
})
