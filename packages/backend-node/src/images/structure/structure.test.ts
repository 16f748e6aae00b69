import { crc32 } from '@stablesig/weights'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readImage } from '../read-image.ts'

const picture = (channels: 3 | 4 = 3) =>
  sharp(
    Uint8Array.from({ length: 64 * 48 * channels }, (_, i) => (i * 7919) % 251),
    { raw: { width: 64, height: 48, channels } },
  )
const read = (bytes: Uint8Array, name = 'x') => readImage(bytes, { name })
const damage = (message: RegExp) =>
  expect.objectContaining({ code: 'bad-image', message: expect.stringMatching(message) })
const indexOf = (bytes: Uint8Array, text: string) => Buffer.from(bytes).indexOf(text)
/** A copy with one byte changed. */
const flipped = (bytes: Uint8Array, at: number) => {
  const copy = bytes.slice()
  copy[at] = copy[at]! ^ 0x20
  return copy
}

describe('PNG', () => {
  test('is refused without its end, and read with bytes after it', async () => {
    const bytes = new Uint8Array(await picture().png().toBuffer())
    const whole = await read(bytes)
    expect(await read(Buffer.concat([bytes, Buffer.from('PK and more')]))).toEqual(whole)
    for (let missing = 1; missing <= 16; missing++)
      await expect(read(bytes.subarray(0, -missing))).rejects.toEqual(damage(/^x: it is cut off/))
  })

  test('is refused when a chunk beside the pixels is damaged: transparency and orientation stand there', async () => {
    const bytes = new Uint8Array(
      await picture().withMetadata({ orientation: 6 }).png({ palette: true, colours: 16 }).toBuffer(),
    )
    await read(bytes)
    for (const chunk of ['eXIf', 'PLTE', 'IDAT', 'IHDR'])
      await expect(read(flipped(bytes, indexOf(bytes, chunk) + 6))).rejects.toEqual(damage(/^x: /))
    await expect(read(flipped(bytes, indexOf(bytes, 'eXIf') + 6))).rejects.toEqual(damage(/checksum of its chunk eXIf/))
  })
})

describe('WebP', () => {
  test('is refused when it is cut or a chunk is', async () => {
    const bytes = new Uint8Array(await picture(4).webp().toBuffer())
    const whole = await read(bytes)
    expect(await read(Buffer.concat([bytes, Buffer.from('more')]))).toEqual(whole)
    await expect(read(bytes.subarray(0, -2))).rejects.toEqual(damage(/^x: it is cut off: it has \d+ bytes of \d+/))
    const alpha = indexOf(bytes, 'ALPH')
    await expect(read(flipped(bytes, alpha + 5))).rejects.toEqual(damage(/^x: /))
  })
})

describe('AVIF', () => {
  test('is refused when it is cut anywhere', async () => {
    const bytes = new Uint8Array(await picture().avif({ effort: 0 }).toBuffer())
    await read(bytes)
    for (let i = 1; i < 40; i++)
      await expect(read(bytes.subarray(0, Math.floor((i / 40) * bytes.length)))).rejects.toEqual(damage(/^x: /))
    await expect(read(bytes.subarray(0, -1))).rejects.toEqual(damage(/^x: it is cut off: its box mdat/))
  })

  test('is refused when what ties its transparency to it is broken: it would be shown opaque', async () => {
    const bytes = new Uint8Array(await picture(4).avif({ effort: 0 }).toBuffer())
    const reference = indexOf(bytes, 'auxl')
    // After the name: the item that is the alpha channel, a count, and the item that it belongs to.
    await expect(read(flipped(bytes, reference + 5))).rejects.toEqual(
      damage(/refers to an item \d+ that it does not have/),
    )
    await expect(read(flipped(bytes, reference + 9))).rejects.toEqual(
      damage(/refers to an item \d+ that it does not have/),
    )
  })

  test('is refused when its size or coding is missing, or impossible', async () => {
    const bytes = new Uint8Array(await picture().avif({ effort: 0 }).toBuffer())
    const size = indexOf(bytes, 'ispe')
    await expect(read(flipped(bytes, size))).rejects.toEqual(damage(/lacks its property ispe/))
    await expect(read(flipped(bytes, indexOf(bytes, 'av1C')))).rejects.toEqual(damage(/lacks its property av1C/))
    await expect(read(flipped(bytes, size + 8))).rejects.toEqual(damage(/impossible size/))
  })
})

test.each(['ftypheic', 'ftyphevc', 'ftypavif'])(
  'HEIF of %s with HEVC is not supported, rather than broken',
  async (brand) => {
    // The items of an AVIF, said to be of HEVC.
    const text = Buffer.from(await picture().avif({ effort: 0 }).toBuffer()).toString('latin1')
    const heic = text.replace('ftypavif', brand).replaceAll('av01', 'hvc1').replaceAll('av1C', 'hvcC')
    await expect(read(Buffer.from(heic, 'latin1'))).rejects.toEqual(
      damage(/^x: HEI[CF] .*compressed with HEVC.* is not supported: convert it/),
    )
  },
)

test('several broken files that are read together have each its own cause', async () => {
  const [jpeg, png, webp, avif, tiff] = await Promise.all(
    [picture().jpeg(), picture().png(), picture().webp(), picture().avif({ effort: 0 }), picture().tiff()].map(
      async (image) => new Uint8Array(await image.toBuffer()),
    ),
  )
  const broken: readonly [name: string, Uint8Array][] = [
    ['jpeg', jpeg!.subarray(0, -300)],
    ['png', flipped(png!, indexOf(png!, 'IDAT') + 200)],
    ['webp', flipped(webp!, indexOf(webp!, 'VP8 ') + 12)],
    ['avif', flipped(avif!, indexOf(avif!, 'mdat') + 5)],
    ['tiff', tiff!.subarray(0, -20)],
    ['text', Buffer.from('plain text')],
    ['svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['gif', Buffer.from('GIF89a and no more')],
  ]
  const said = (name: string, bytes: Uint8Array) =>
    read(bytes, name).then(
      () => `${name} was read`,
      ({ message }: Error) => message,
    )
  const alone: string[] = []
  for (const [name, bytes] of broken) alone.push(await said(name, bytes))
  for (const [i, message] of alone.entries()) expect(message).toMatch(new RegExp(`^${broken[i]![0]}: `))
  for (let round = 0; round < 10; round++)
    expect(await Promise.all(broken.map(([name, bytes]) => said(name, bytes)))).toEqual(alone)
})

describe('what would keep a checker busy for minutes is refused within a second', () => {
  const within = async (bytes: Uint8Array, message: RegExp) => {
    const began = process.cpuUsage()
    await expect(read(bytes)).rejects.toEqual(damage(message))
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(2)
  }
  const repeated = (part: readonly number[], times: number, ...before: readonly number[]) =>
    Buffer.concat([Buffer.from(before), Buffer.alloc(part.length * times, Buffer.from(part))])

  test('a JPEG of Huffman tables', async () => {
    const table = [0xff, 0xc4, 0, 20, 0, 1, ...Array(15).fill(0), 0]
    await within(repeated(table, 500_000, 0xff, 0xd8), /more Huffman tables/)
  })

  test('a PNG of empty chunks', async () => {
    const chunk = [0, 0, 0, 0, ...Buffer.from('tEXt'), 0, 0, 0, 0]
    const signature = [0x89, ...Buffer.from('PNG\r\n\x1a\n')]
    const bytes = repeated(chunk, 2_000_000, ...signature)

    const crc = crc32(Buffer.from('tEXt'))
    for (let at = 8 + 8; at < bytes.length; at += 12) bytes.writeUInt32BE(crc, at)
    await within(bytes, /more chunks/)
  })

  test('an AVIF of empty boxes', async () => {
    const start = [0, 0, 0, 12, ...Buffer.from('ftypavif')]
    await within(repeated([0, 0, 0, 8, ...Buffer.from('free')], 1_000_000, ...start), /more boxes/)
  })

  test('a TIFF of one tag, again and again', async () => {
    // 60,000 times the offsets of a million strips that are all the same bytes.
    const entry = [0x11, 1, 4, 0, 0x40, 0x42, 0xf, 0, 14, 0, 0, 0]
    const bytes = repeated(entry, 400_000, 0x49, 0x49, 42, 0, 8, 0, 0, 0, 0x60, 0xea)
    await within(bytes, /more tags and values/)
  })
})
