import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readFrames, readImage } from '../read-image.ts'
import { type Tags, tiff } from './testing.ts'

const pixels = async (bytes: Uint8Array) => [...(await readImage(bytes, { name: 'x.tif' })).data]
const levels = (...greys: number[]) => greys.flatMap((grey) => [grey, grey, grey])

/** Bytes of numbers of a type, in this machine's order, which is a TIFF's here. */
const bytesOf = (values: Float32Array | Float64Array | Uint32Array | Int32Array | Int16Array | Int8Array) => [
  ...new Uint8Array(values.buffer),
]
const same = (value: number, count: number) => Array<number>(count).fill(value)
const grey = (bits: number, more: Tags = {}): Tags => ({ 258: [bits], 262: [1], 277: [1], ...more })

describe('the values of a TIFF are read as stored', () => {
  const red = (i: number) => (i % 256) * 257
  const palette = (size: number) => Array.from({ length: 3 * size }, (_, i) => red(i * 5))
  const cases: [name: string, width: number, Tags, strips: number[][], want: number[]][] = [
    ['RGB', 2, {}, [[1, 2, 3, 250, 251, 252]], [1, 2, 3, 250, 251, 252]],
    [
      'planes one after the other',
      2,
      { 284: [2], 278: [1] },
      [
        [1, 250],
        [2, 251],
        [3, 252],
      ],
      [1, 2, 3, 250, 251, 252],
    ],
    ['16 bits', 1, { 258: [16, 16, 16] }, [[99, 1, 99, 2, 99, 250]], [1, 2, 250]],
    ['samples of undefined format', 1, { 339: [4, 4, 4] }, [[1, 2, 250]], [1, 2, 250]],
    ['grey', 2, grey(8), [[7, 200]], levels(7, 200)],
    ['grey of 16 bits', 2, grey(16), [[9, 7, 9, 200]], levels(7, 200)],
    ['grey of 4 bits', 2, grey(4), [[0x3c]], levels(51, 204)],
    ['grey of 2 bits', 4, grey(2), [[0b00011011]], levels(0, 85, 170, 255)],
    ['black and white', 4, grey(1), [[0b10110000]], levels(255, 0, 255, 255)],
    ['white is zero', 2, grey(8, { 262: [0] }), [[7, 200]], levels(248, 55)],
    ['white is zero, 4 bits', 2, grey(4, { 262: [0] }), [[0x3c]], levels(204, 51)],
    ['palette', 2, grey(8, { 262: [3], 320: palette(256) }), [[7, 200]], [35, 35, 35, 232, 232, 232]],
    ['palette of 4 bits', 2, grey(4, { 262: [3], 320: palette(16) }), [[0x3c]], [15, 95, 175, 60, 140, 220]],
    [
      'CMYK: no ink, and black',
      2,
      { 258: same(8, 4), 262: [5], 277: [4] },
      [[0, 0, 0, 0, 255, 255, 255, 255]],
      levels(255, 0),
    ],
    [
      'CIE Lab of 16 bits: white, and red',
      2,
      { 258: same(16, 3), 262: [8] },
      [[255, 255, 0, 0, 0, 0, 0, 136, 0, 80, 0, 67]],
      [255, 255, 255, 255, 0, 0],
    ],
    ['transparency', 1, { 258: same(8, 4), 277: [4], 338: [2] }, [[10, 20, 30, 0]], levels(255)],
    [
      'colours multiplied by their opacity',
      1,
      { 258: same(8, 4), 277: [4], 338: [1] },
      [[51, 0, 102, 51]],
      [255, 204, 255],
    ],
    [
      'a fourth channel that is not transparency',
      1,
      { 258: same(8, 4), 277: [4], 338: [0] },
      [[10, 20, 30, 9]],
      [10, 20, 30],
    ],
    [
      'a second channel that is not transparency',
      1,
      grey(8, { 258: [8, 8], 277: [2], 338: [0] }),
      [[10, 9]],
      levels(10),
    ],
    ['tags that nobody knows', 1, { 65000: [1, 2, 3] }, [[1, 2, 3]], [1, 2, 3]],
  ]
  test.each(cases)('%s', async (_, width, tags, strips, want) => {
    const got = await pixels(tiff(width, 1, tags, strips))
    expect(got).toHaveLength(want.length)
    for (const [i, value] of want.entries()) expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(1)
  })
})

describe('what would be taken for something else is refused by its name', () => {
  const cases: [Tags, number[], RegExp][] = [
    [
      { 258: same(32, 3), 339: same(3, 3) },
      bytesOf(Float32Array.of(0, 0.5, 1)),
      /32-bit floating-point samples \(RGB\)/,
    ],
    [
      { 258: same(32, 3), 339: same(3, 3) },
      bytesOf(Float32Array.of(0, 128, 255)),
      /32-bit floating-point samples \(RGB\)/,
    ],
    [grey(32, { 339: [3] }), bytesOf(Float32Array.of(0.5)), /32-bit floating-point samples \(grey\)/],
    [grey(64, { 339: [3] }), bytesOf(Float64Array.of(0.5)), /64-bit floating-point samples \(grey\)/],
    [grey(16, { 339: [3] }), [0, 0x38], /16-bit floating-point samples \(grey\)/],
    [{ 258: same(32, 3) }, bytesOf(Uint32Array.of(0, 2 ** 31, 2 ** 32 - 1)), /32-bit unsigned samples \(RGB\)/],
    [grey(32), bytesOf(Uint32Array.of(7)), /32-bit unsigned samples \(grey\)/],
    [grey(32, { 339: [2] }), bytesOf(Int32Array.of(7)), /32-bit signed samples \(grey\)/],
    [{ 258: same(16, 3), 339: same(2, 3) }, bytesOf(Int16Array.of(1, -1, 5)), /16-bit signed samples \(RGB\)/],
    [grey(8, { 339: [2] }), bytesOf(Int8Array.of(-7)), /8-bit signed samples \(grey\)/],
    [grey(64, { 339: [6] }), bytesOf(Float32Array.of(1, 1)), /64-bit complex samples/],
    [grey(12), [1, 2], /12-bit unsigned samples \(grey\)/],
    [{ 258: [5, 6, 5] }, [1, 2], /stored in different ways/],
    [grey(16, { 262: [3], 320: same(0, 48) }), [3, 0], /16-bit unsigned samples \(palette\)/],
    [{ 258: same(8, 5), 277: [5], 338: [2, 0] }, [1, 2, 3, 4, 5], /5 samples a pixel \(RGB\)/],
    [{ 262: [6], 530: [1, 1] }, [76, 85, 255], /YCbCr samples without JPEG/],
    [{ 262: [8] }, [255, 0, 0], /8-bit unsigned samples \(CIE Lab\)/],
    [grey(8, { 262: [32803] }), [7], /photometric interpretation 32803/],
  ]
  test.each(cases)('%j %j', async (tags, strip, message) => {
    const reading = readImage(tiff(1, 1, tags, [strip]), { name: 'x.tif' })
    await expect(reading).rejects.toMatchObject({ code: 'bad-image', message: expect.stringMatching(/^x\.tif: TIFF /) })
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toThrow(/not supported: convert it/)
  })
})

test('a page or a strip beyond the end of the file is cut off', async () => {
  const whole = tiff(1, 1, {}, [[1, 2, 3]])
  await expect(pixels(whole.subarray(0, -1))).rejects.toThrow(/x\.tif: it is cut off: a part of its pixels/)
  await expect(pixels(whole.subarray(0, 40))).rejects.toThrow(/x\.tif: it is cut off: its directory/)
  const lost = whole.slice()
  lost[5] = 255
  await expect(pixels(lost)).rejects.toThrow(/x\.tif: it is cut off: its directory/)
})

test('a strip that is a damaged JPEG is an error', async () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251)
  const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
    .tiff({ compression: 'jpeg' })
    .toBuffer()
  await pixels(whole)
  const broken = whole.fill(0xff, 1000, 1100)
  await expect(pixels(broken)).rejects.toThrow(/^x\.tif: its data/)
})

test('of several pages only those that are read must be readable', async () => {
  const first = tiff(1, 1, {}, [[1, 2, 3]])
  const second = tiff(1, 1, grey(32), [[0, 0, 0, 1]])
  // The second is put behind the first, and its offsets are moved by as much.
  const both = Buffer.concat([first, second])
  const view = new DataView(both.buffer, both.byteOffset)
  const entries = (at: number) => view.getUint16(at, true)
  view.setUint32(8 + 2 + 12 * entries(8), first.length + 8, true)
  for (let i = 0; i < entries(first.length + 8); i++) {
    const field = first.length + 10 + 12 * i
    if (view.getUint16(field, true) === 273)
      view.setUint32(field + 8, view.getUint32(field + 8, true) + first.length, true)
  }
  expect(await pixels(both)).toEqual([1, 2, 3])
  await expect(readFrames(both, { name: 'x.tif' })).rejects.toThrow(/32-bit unsigned samples/)
})
