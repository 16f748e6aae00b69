import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readSavedFormat } from './read-saved-format.ts'

const [WIDTH, HEIGHT] = [48, 40]
const picture = () =>
  sharp(
    Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => 128 + 60 * Math.sin(i / 40) + ((i * 7919) % 31)),
    { raw: { width: WIDTH, height: HEIGHT, channels: 3 } },
  )
const bytesOf = async (image: ReturnType<typeof picture>) => new Uint8Array(await image.toBuffer())

describe('a JPEG has the quality that it was written with', () => {
  test.each([1, 10, 35, 50, 75, 90, 95, 100])('%d', async (quality) => {
    for (const chromaSubsampling of ['4:2:0', '4:4:4'] as const) {
      const bytes = await bytesOf(picture().jpeg({ quality, chromaSubsampling }))
      expect(await readSavedFormat(bytes)).toEqual({ format: 'jpeg', quality, subsampling: chromaSubsampling })
    }
  })
  test('also progressive, grey, and with a profile before its tables', async () => {
    const progressive = await bytesOf(picture().jpeg({ quality: 80, progressive: true, chromaSubsampling: '4:4:4' }))
    expect(await readSavedFormat(progressive)).toEqual({ format: 'jpeg', quality: 80, subsampling: '4:4:4' })
    const grey = await bytesOf(picture().toColourspace('b-w').jpeg({ quality: 85 }))
    expect(await readSavedFormat(grey)).toEqual({ format: 'jpeg', quality: 85 })
    const profiled = await bytesOf(picture().withIccProfile('p3').jpeg({ quality: 70 }))
    expect(await readSavedFormat(profiled)).toMatchObject({ quality: 70 })
  })
  test('and none where its tables are like no quality’s', async () => {
    const bytes = await bytesOf(picture().jpeg({ quality: 90, quantisationTable: 1, chromaSubsampling: '4:2:0' }))
    const flat = await bytesOf(picture().jpeg({ quality: 50, quantisationTable: 1 }))
    expect(await readSavedFormat(bytes)).toMatchObject({ format: 'jpeg', subsampling: '4:2:0' })
    expect(await readSavedFormat(flat)).toEqual({ format: 'jpeg', subsampling: '4:2:0' })
  })
})

test('what keeps 8-bit values counts as PNG, and other formats have their names', async () => {
  const formats = {
    png: picture().png(),
    'lossless webp': picture().webp({ lossless: true }),
    tiff: picture().tiff({ compression: 'lzw' }),
  }
  for (const [name, image] of Object.entries(formats))
    expect(await readSavedFormat(await bytesOf(image)), name).toEqual({ format: 'png' })
  expect(await readSavedFormat(await bytesOf(picture().webp({ quality: 90 })))).toEqual({
    format: 'other',
    name: 'webp',
  })
  expect(await readSavedFormat(await bytesOf(picture().gif()))).toEqual({ format: 'other', name: 'gif' })
  expect(await readSavedFormat(await bytesOf(picture().avif()))).toEqual({ format: 'other', name: 'heif' })
  expect(await readSavedFormat(await bytesOf(picture().tiff({ compression: 'jpeg' })))).toMatchObject({
    format: 'other',
  })
})

test('refuses what is no image, and damaged tables', async () => {
  await expect(readSavedFormat(new Uint8Array(20), { name: 'x' })).rejects.toMatchObject({ code: 'bad-image' })
  const bytes = await bytesOf(picture().jpeg())
  const table = Buffer.from(bytes).indexOf(Buffer.from([0xff, 0xdb]))
  const zero = bytes.slice()
  zero[table + 8] = 0
  await expect(readSavedFormat(zero, { name: 'x' })).rejects.toThrow('a quantisation table of it has a step of 0')
  await expect(readSavedFormat(bytes.subarray(0, table + 30))).rejects.toMatchObject({ code: 'bad-image' })
  const without = Buffer.from(bytes)
  for (let at = table; at >= 0; at = without.indexOf(Buffer.from([0xff, 0xdb]), at + 2)) without[at + 1] = 0xe5
  await expect(readSavedFormat(without)).rejects.toThrow('lacks a quantisation table')
})
