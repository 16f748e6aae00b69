import { expect, test } from 'vitest'
import { headerSize } from './header-size.ts'

const text = (value: string) => [...value].map((c) => c.charCodeAt(0))

test('a PNG and a GIF say their size at once', () => {
  const png = Uint8Array.of(
    ...text('\x89PNG\r\n\x1a\n'),
    0,
    0,
    0,
    13,
    ...text('IHDR'),
    0,
    0,
    1,
    2,
    0,
    0,
    0,
    7,
    8,
    6,
    0,
    0,
    0,
  )
  expect(headerSize(png, 'png')).toEqual({ width: 258, height: 7, channels: 4 })
  expect(headerSize(Uint8Array.of(...text('GIF89a'), 5, 1, 9, 0), 'gif')).toEqual({
    width: 261,
    height: 9,
    channels: 3,
  })
})

test('a JPEG says it in its frame header, behind other segments and fill bytes', () => {
  const app = [0xff, 0xe1, 0, 4, 0xff, 0xc0]
  const frame = [0xff, 0xff, 0xc2, 0, 17, 8, 1, 0, 2, 0, 4, 1, 0x11, 0]
  expect(headerSize(Uint8Array.of(0xff, 0xd8, ...app, ...frame), 'jpeg')).toEqual({
    width: 512,
    height: 256,
    channels: 4,
  })
  expect(headerSize(Uint8Array.of(0xff, 0xd8, ...app, 0xff, 0xda), 'jpeg')).toBeNull()
})

test('what ends before it says so has none', () => {
  for (const format of ['png', 'gif', 'webp', 'jpeg'] as const)
    expect(headerSize(Uint8Array.of(1, 2), format)).toBeNull()
})
