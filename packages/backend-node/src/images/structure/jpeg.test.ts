import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readImage } from '../read-image.ts'
import { plainJpeg } from './testing.ts'

const read = (bytes: Uint8Array) => readImage(bytes, { name: 'x.jpg' })
const damage = (message: RegExp) =>
  expect.objectContaining({ code: 'bad-image', message: expect.stringMatching(message) })

const [WIDTH, HEIGHT] = [72, 40]
const picture = () =>
  sharp(
    Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => 128 + 60 * Math.sin(i / 40) + ((i * 7919) % 31)),
    { raw: { width: WIDTH, height: HEIGHT, channels: 3 } },
  )
const kinds = {
  '4:2:0': () => picture().jpeg(),
  '4:4:4': () => picture().jpeg({ chromaSubsampling: '4:4:4' }),
  progressive: () => picture().jpeg({ progressive: true }),
  grey: () => picture().toColourspace('b-w').jpeg(),
  CMYK: () => picture().toColourspace('cmyk').jpeg(),
}
const kind = async (name: keyof typeof kinds) => new Uint8Array(await kinds[name]().toBuffer())
const names = Object.keys(kinds) as (keyof typeof kinds)[]
const indexOf = (bytes: Uint8Array, ...values: number[]) => Buffer.from(bytes).indexOf(Buffer.from(values))
/** `bytes` with `values` in place of `drop` of them at `at`. */
const spliced = (bytes: Uint8Array, at: number, drop: number, ...values: number[]) =>
  Uint8Array.of(...bytes.subarray(0, at), ...values, ...bytes.subarray(at + drop))

describe.each(names)('a JPEG, %s,', (name) => {
  test('is read, also with bytes after its end', async () => {
    const bytes = await kind(name)
    const whole = await read(bytes)
    expect([whole.width, whole.height]).toEqual([WIDTH, HEIGHT])
    expect(await read(spliced(bytes, bytes.length, 0, 1, 2, 0xff, 0xd8, 3))).toEqual(whole)
  })

  test('is refused when it is cut anywhere', async () => {
    const bytes = await kind(name)
    const step = Math.max(1, Math.floor(bytes.length / 60))
    const lengths = [...Array(60).keys()].map((i) => 3 + i * step).filter((length) => length < bytes.length - 8)
    for (const length of [...lengths, ...[8, 7, 6, 5, 4, 3, 2, 1].map((n) => bytes.length - n)])
      await expect(read(bytes.subarray(0, length))).rejects.toEqual(damage(/^x\.jpg: /))
  })

  test('is refused when bytes before its end belong to nothing', async () => {
    const bytes = await kind(name)
    await expect(read(spliced(bytes, bytes.length - 2, 0, 1, 2, 3))).rejects.toEqual(damage(/^x\.jpg: /))
  })

  test('is refused when a piece of its data is missing, one of the last rows too', async () => {
    const bytes = await kind(name)
    const scan = indexOf(bytes, 0xff, 0xda)
    const piece = Math.floor((bytes.length - scan) / 8)
    for (const at of [scan + 100, bytes.length - 2 * piece, bytes.length - 2 - piece])
      await expect(read(spliced(bytes, at, piece))).rejects.toEqual(damage(/^x\.jpg: /))
  })
})

test('what phones write and libjpeg warns of is read: a sequential scan with the limits 0 and 0', async () => {
  const bytes = await kind('4:2:0')
  const scan = indexOf(bytes, 0xff, 0xda)
  const limit = scan + 5 + 2 * bytes[scan + 4]! + 1
  expect(bytes[limit]).toBe(63)
  expect(await read(spliced(bytes, limit, 1, 0))).toEqual(await read(bytes))
})

test('an end marker within the data', async () => {
  const bytes = await kind('4:4:4')
  const middle = Math.floor(bytes.length * 0.8)
  await expect(read(spliced(bytes, middle, 4, 0xff, 0xd9, 0, 0))).rejects.toEqual(damage(/data end before the picture/))
})

test('restart markers: in order, and none missing', async () => {
  // Three blocks, each 0b00 and filled up with ones.
  const good = plainJpeg(3, 1, [0x3f, 0xff, 0xd0, 0x3f, 0xff, 0xd1, 0x3f])
  expect(await read(good)).toMatchObject({ width: 8, height: 24 })
  expect(await read(plainJpeg(3, 0, [0b00000011]))).toMatchObject({ width: 8, height: 24 })
  for (const [data, message] of [
    [[0x3f, 0xff, 0xd0, 0x3f, 0xff, 0xd2, 0x3f], /restart marker 1 is missing/],
    [[0x3f, 0xff, 0xd0, 0x3f, 0x3f], /data after its picture|restart marker/],
    [[0x3f, 0x3f, 0xff, 0xd0, 0x3f, 0xff, 0xd1, 0x3f], /data after its picture/],
    [[0x3f, 0xff, 0xd0, 0x3f], /restart marker 1 is missing/],
    [[0x7f, 0xff, 0xd0, 0x3f, 0xff, 0xd1, 0x3f], /data end before the picture/],
  ] as const)
    await expect(read(plainJpeg(3, 1, data))).rejects.toEqual(damage(message))
})

test('a code that no table has', async () => {
  await expect(read(plainJpeg(16, 0, [0b00000100, 0, 0, 0]))).rejects.toEqual(damage(/a code that no table has/))
})

test.each([
  [0xc9, /arithmetic coding is not supported: convert it/],
  [0xc3, /lossless JPEG is not supported/],
])('a frame of kind %i is not supported', async (marker, message) => {
  const bytes = await kind('4:4:4')
  const frame = indexOf(bytes, 0xff, 0xc0)
  await expect(read(spliced(bytes, frame + 1, 1, marker))).rejects.toEqual(damage(message))
})

test('a colour whose data never come, or come twice', async () => {
  const grey = plainJpeg(3, 0, [0b00000011])
  const scan = indexOf(grey, 0xff, 0xda)
  const end = grey.length - 2
  await expect(read(spliced(grey, scan, end - scan))).rejects.toEqual(damage(/^x\.jpg: /))
  await expect(read(spliced(grey, end, 0, ...grey.subarray(scan, end)))).rejects.toEqual(damage(/colour twice/))
})
