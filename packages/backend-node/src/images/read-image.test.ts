import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fitWithin, type Pixels } from '@stablesig/images'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { readFrames, readImage } from './read-image.ts'
import { encodePng } from './write-png.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-images-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Three pixels by two: red, green, blue over black, white, grey. */
const colours = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 128, 128, 128])
const raw = { raw: { width: 3, height: 2, channels: 3 as const } }
const picture = () => sharp(colours, raw)
const pixel = (image: Pixels, x: number, y: number) => [
  ...image.data.subarray((y * image.width + x) * 3).subarray(0, 3),
]
const flat = (width: number, height: number, background: { r: number; g: number; b: number; alpha?: number }) =>
  sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } })

describe('what becomes of each kind of image', () => {
  test('8-bit RGB is read as stored, from a file and from bytes', async () => {
    const path = join(folder, 'plain.png')
    await picture().png().toFile(path)
    const image = await readImage(path)
    expect(image).toMatchObject({ name: path, width: 3, height: 2 })
    expect(Buffer.from(image.data)).toEqual(colours)
    expect((await readImage(await picture().png().toBuffer())).data).toEqual(image.data)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is applied', async (orientation) => {
    const image = await readImage(await picture().withMetadata({ orientation }).png().toBuffer())
    // Where the stored first pixel (red) stands when upright.
    const corner = { 1: 'tl', 2: 'tr', 3: 'br', 4: 'bl', 5: 'tl', 6: 'tr', 7: 'br', 8: 'bl' }[orientation]!
    expect([image.width, image.height]).toEqual(orientation < 5 ? [3, 2] : [2, 3])
    const x = corner[1] === 'l' ? 0 : image.width - 1
    const y = corner[0] === 't' ? 0 : image.height - 1
    expect(pixel(image, x, y)).toEqual([255, 0, 0])
  })

  test('transparency is laid over white, or over the colour that is asked for', async () => {
    const png = await flat(2, 2, { r: 255, g: 0, b: 0, alpha: 0.5 }).png().toBuffer()
    expect(pixel(await readImage(png), 0, 0)).toEqual([255, 127, 127])
    expect(pixel(await readImage(png, { background: [0, 0, 0] }), 1, 1)).toEqual([128, 0, 0])
  })

  test('16 bits become 8, in colour and in grey', async () => {
    const values = new Uint16Array([0, 0x80ff, 0xffff, 0x1234, 0x4000, 0xff00])
    const rgb = await sharp(values, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    expect((await sharp(rgb).metadata()).depth).toBe('ushort')
    expect([...(await readImage(rgb)).data]).toEqual([0, 0x80, 0xff, 0x12, 0x40, 0xff])
    const grey = await sharp(new Uint16Array([0x80ff, 0x1234]), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    expect((await sharp(grey).metadata()).space).toBe('grey16')
    expect([...(await readImage(grey)).data]).toEqual([0x80, 0x80, 0x80, 0x12, 0x12, 0x12])
  })

  test('16-bit transparency is laid over white', async () => {
    const values = new Uint16Array([0, 0, 0, 0, 0xffff, 0, 0, 0xffff])
    const png = await sharp(values, { raw: { width: 2, height: 1, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    expect([...(await readImage(png)).data]).toEqual([255, 255, 255, 255, 0, 0])
  })

  test('grey becomes RGB, with and without alpha', async () => {
    const grey = await flat(2, 2, { r: 90, g: 90, b: 90 }).toColourspace('b-w').jpeg({ quality: 100 }).toBuffer()
    expect((await sharp(grey).metadata()).channels).toBe(1)
    expect(pixel(await readImage(grey), 1, 1)).toEqual([90, 90, 90])
    const both = await flat(2, 2, { r: 90, g: 90, b: 90, alpha: 0 }).toColourspace('b-w').png().toBuffer()
    expect((await sharp(both).metadata()).channels).toBe(2)
    expect(pixel(await readImage(both), 1, 1)).toEqual([255, 255, 255])
  })

  test('CMYK becomes RGB', async () => {
    const jpeg = await flat(8, 8, { r: 200, g: 40, b: 40 }).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()
    expect((await sharp(jpeg).metadata()).space).toBe('cmyk')
    const [r, g, b] = pixel(await readImage(jpeg), 4, 4)
    expect(r).toBeGreaterThan(170)
    expect(g).toBeLessThan(80)
    expect(b).toBeLessThan(80)
  })

  test('a profile is ignored, or applied when asked', async () => {
    const png = await flat(2, 2, { r: 200, g: 40, b: 40 }).withIccProfile('p3', { attach: true }).png().toBuffer()
    const stored = [...(await sharp(png, { ignoreIcc: true }).raw().toBuffer()).subarray(0, 3)]
    expect(pixel(await readImage(png), 0, 0)).toEqual(stored)
    const applied = pixel(await readImage(png, { profile: 'apply' }), 0, 0)
    expect(applied).not.toEqual(stored)
    for (const [i, want] of [200, 40, 40].entries()) expect(Math.abs(applied[i]! - want)).toBeLessThan(4)
  })

  test.each(['gif', 'webp'] as const)('an animated %s gives its first frame, or all', async (format) => {
    const frames = [
      { r: 255, g: 0, b: 0 },
      { r: 0, g: 0, b: 255 },
      { r: 0, g: 255, b: 0 },
    ]
    const pages = await Promise.all(frames.map((colour) => flat(6, 4, colour).png().toBuffer()))
    const joined = sharp(pages, { join: { animated: true } })
    const bytes = await (format === 'gif' ? joined.gif() : joined.webp({ lossless: true })).toBuffer()
    const first = await readImage(bytes)
    expect([first.width, first.height, pixel(first, 0, 0)]).toEqual([6, 4, [255, 0, 0]])
    const all = await readFrames(bytes, { name: 'a' })
    expect(all.map((frame) => [frame.name, frame.width, frame.height, pixel(frame, 5, 3)])).toEqual([
      ['a#0', 6, 4, [255, 0, 0]],
      ['a#1', 6, 4, [0, 0, 255]],
      ['a#2', 6, 4, [0, 255, 0]],
    ])
  })

  test('AVIF and TIFF are read, and pages of a TIFF are frames', async () => {
    const avif = await flat(64, 48, { r: 200, g: 40, b: 40 }).avif({ lossless: true }).toBuffer()
    const image = await readImage(avif)
    expect([image.width, image.height]).toEqual([64, 48])
    for (const [i, want] of [200, 40, 40].entries()) expect(Math.abs(pixel(image, 9, 9)[i]! - want)).toBeLessThan(4)
    const pages = await Promise.all([10, 20].map((r) => flat(6, 4, { r, g: 0, b: 0 }).png().toBuffer()))
    const tiff = await sharp(pages, { join: { animated: true } })
      .tiff({ compression: 'lzw' })
      .toBuffer()
    expect((await readFrames(tiff)).map((frame) => pixel(frame, 0, 0)[0])).toEqual([10, 20])
  })

  test('a size makes centre squares of all frames', async () => {
    const pages = await Promise.all([1, 2].map((r) => flat(64, 40, { r, g: 0, b: 0 }).png().toBuffer()))
    const webp = await sharp(pages, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer()
    expect(await readFrames(webp, { size: 20 })).toMatchObject([
      { width: 20, height: 20 },
      { width: 20, height: 20 },
    ])
  })

  test('a still image has one frame', async () => {
    expect(await readFrames(await picture().png().toBuffer())).toHaveLength(1)
  })
})

describe('what is refused', () => {
  const refused = (code: string, message: RegExp) =>
    expect.objectContaining({ name: 'StableSigError', code, message: expect.stringMatching(message) })

  test('a missing file and a folder', async () => {
    await expect(readImage(join(folder, 'none.png'))).rejects.toEqual(refused('io', /none\.png: no such file/))
    await expect(readImage(folder)).rejects.toEqual(refused('io', /it is a folder; expected a file/))
  })

  test('what is no image, whatever its name', async () => {
    const path = join(folder, 'text.png')
    writeFileSync(path, 'plain text')
    await expect(readImage(path)).rejects.toEqual(
      refused('bad-image', /text\.png: it is not an image of a known format/),
    )
    writeFileSync(path, '')
    await expect(readImage(path)).rejects.toEqual(refused('bad-image', /text\.png is empty/))
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    await expect(readImage(svg)).rejects.toEqual(refused('bad-image', /it is not an image of a known format/))
  })

  test.each(['jpeg', 'png', 'webp', 'tiff'] as const)('a truncated %s', async (format) => {
    const noise = Buffer.alloc(64 * 64 * 3, 1).map((_, i) => (i * 7919) % 251)
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer()
    await expect(readImage(whole.subarray(0, whole.length * 0.6), { name: 'cut' })).rejects.toEqual(
      refused('bad-image', /^cut: /),
    )
  })

  test('more pixels than allowed, before decoding', async () => {
    const bomb = await flat(3000, 3000, { r: 0, g: 0, b: 0 }).png({ compressionLevel: 9 }).toBuffer()
    await expect(readImage(bomb, { name: 'bomb', maxPixels: 8_999_999 })).rejects.toEqual(
      refused('limit', /^bomb is 3000x3000, more than/),
    )
  })

  test('more pixels in all frames than allowed, though one frame is fine', async () => {
    const pages = await Promise.all([1, 2, 3].map((r) => flat(6, 4, { r, g: 0, b: 0 }).png().toBuffer()))
    const bytes = await sharp(pages, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer()
    expect((await readImage(bytes, { maxPixels: 24 })).width).toBe(6)
    await expect(readFrames(bytes, { maxPixels: 24 })).rejects.toEqual(refused('limit', /6x4 x 3 frames/))
  })

  test('more bytes than allowed', async () => {
    const path = join(folder, 'large.png')
    await picture().png().toFile(path)
    await expect(readImage(path, { maxBytes: 10 })).rejects.toEqual(refused('limit', /large\.png has \d+ bytes/))
    await expect(readImage(await picture().png().toBuffer(), { maxBytes: 10 })).rejects.toEqual(
      refused('limit', /bytes/),
    )
  })
})

test('reads at maxSide, and not together with size', async () => {
  const image: Pixels = {
    name: 'a',
    width: 40,
    height: 30,
    data: Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 37) % 251),
  }
  const bytes = await encodePng(image)
  expect(await readImage(bytes, { name: 'a', maxSide: 20 })).toEqual(fitWithin(image, 20))
  await expect(readImage(bytes, { maxSide: 20, size: 10 })).rejects.toMatchObject({ code: 'bad-argument' })
})
