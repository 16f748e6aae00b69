import { expect, test } from 'vitest'
import { withoutProfile } from './without-profile.ts'

const text = (value: string) => [...value].map((c) => c.charCodeAt(0))
const bytes = (...parts: readonly (number | readonly number[])[]) => Uint8Array.from(parts.flat())

test('a JPEG loses the pieces of its profile and nothing else', () => {
  const exif = [0xff, 0xe1, 0, 4, 1, 2]
  const other = [0xff, 0xe2, 0, 6, ...text('MPF\0')]
  const piece = [0xff, 0xe2, 0, 18, ...text('ICC_PROFILE\0'), 1, 2, 3, 4]
  const scan = [0xff, 0xda, 0, 2, ...piece, 0xff, 0xd9]
  const file = bytes([0xff, 0xd8], exif, piece, other, piece, scan)
  expect(withoutProfile(file, 'jpeg')).toEqual(bytes([0xff, 0xd8], exif, other, scan))
  const plain = bytes([0xff, 0xd8], exif, scan)
  expect(withoutProfile(plain, 'jpeg')).toBe(plain)
})

test('a PNG loses what says how its numbers are colours', () => {
  const chunk = (type: string, ...data: number[]) => [0, 0, 0, data.length, ...text(type), ...data, 9, 9, 9, 9]
  const head = [...text('\x89PNG\r\n\x1a\n'), ...chunk('IHDR', 1)]
  const tail = [...chunk('tRNS', 5), ...chunk('IDAT', 1, 2), ...chunk('gAMA', 7), ...chunk('IEND')]
  const file = bytes(head, chunk('gAMA', 1), chunk('iCCP', 2, 3), tail)
  expect(withoutProfile(file, 'png')).toEqual(bytes(head, tail))
})

test('a WebP loses its profile, and says so', () => {
  const size = (n: number) => [n & 255, n >> 8, 0, 0]
  const webp = (flags: number, ...chunks: number[][]) => {
    const body = [...text('WEBPVP8X'), ...size(10), flags, ...Array(9).fill(0), ...chunks.flat()]
    return bytes(text('RIFF'), size(body.length), body)
  }
  const icc = [...text('ICCP'), ...size(3), 1, 2, 3, 0]
  const data = [...text('VP8 '), ...size(2), 4, 5]
  expect(withoutProfile(webp(0x30, icc, data), 'webp')).toEqual(webp(0x10, data))
  const plain = webp(0x10, data)
  expect(withoutProfile(plain, 'webp')).toBe(plain)
})
