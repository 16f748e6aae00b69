/** Values of a TIFF's tags, by tag. */
export type Tags = Readonly<Record<number, readonly number[]>>

/** What every page has, unless said otherwise: RGB of 8 unsigned bits, uncompressed. */
const RGB: Tags = { 258: [8, 8, 8], 259: [1], 262: [2], 277: [3] }

/**
 * A little-endian TIFF of one page: numbers that fit 16 bits are stored as such, others in 32.
 * @param tags beside, or in place of, those of RGB; an empty list leaves one out
 * @param strips the pixels as stored, all rows in one strip, or a strip a plane
 */
export function tiff(width: number, height: number, tags: Tags, strips: readonly (readonly number[])[]): Uint8Array {
  const entries = Object.entries({ 256: [width], 257: [height], 278: [height], ...RGB, ...tags })
    .filter(([, values]) => values.length > 0)
    .map(([tag, values]) => ({ tag: Number(tag), values: [...values], long: values.some((value) => value > 65535) }))
  const offsets = { tag: 273, values: strips.map(() => 0), long: true }
  entries.push(offsets, { tag: 279, values: strips.map(({ length }) => length), long: true })
  entries.sort((a, b) => a.tag - b.tag)
  const bytes = ({ values, long }: (typeof entries)[number]) => values.length * (long ? 4 : 2)
  let at = 8 + 2 + 12 * entries.length + 4
  const places = entries.map((entry) => {
    const here = at
    if (bytes(entry) > 4) at += bytes(entry)
    return here
  })
  offsets.values = strips.map(({ length }) => {
    at += length
    return at - length
  })
  const file = new Uint8Array(at)
  const view = new DataView(file.buffer)
  file.set([0x49, 0x49, 42, 0, 8])
  view.setUint16(8, entries.length, true)
  for (const [i, entry] of entries.entries()) {
    const field = 10 + 12 * i
    view.setUint16(field, entry.tag, true)
    view.setUint16(field + 2, entry.long ? 4 : 3, true)
    view.setUint32(field + 4, entry.values.length, true)
    const inline = bytes(entry) <= 4
    if (!inline) view.setUint32(field + 8, places[i]!, true)
    for (const [k, value] of entry.values.entries()) {
      if (entry.long) view.setUint32((inline ? field + 8 : places[i]!) + 4 * k, value, true)
      else view.setUint16((inline ? field + 8 : places[i]!) + 2 * k, value, true)
    }
  }
  for (const [i, strip] of strips.entries()) file.set(strip, offsets.values[i]!)
  return file
}

/** A grey JPEG 8 pixels wide in which every block is two bits: no difference to the one before, and no more. */
export function plainJpeg(blocks: number, restartInterval: number, data: readonly number[]): Uint8Array {
  const quantisation = [0xff, 0xdb, 0, 67, 0, ...Array(64).fill(1)]
  const frame = [0xff, 0xc0, 0, 11, 8, (8 * blocks) >> 8, (8 * blocks) & 255, 0, 8, 1, 1, 0x11, 0]
  // One code of one bit in each table: 0 stands for symbol 0.
  const huffman = [0, 16].flatMap((table) => [0xff, 0xc4, 0, 20, table, 1, ...Array(15).fill(0), 0])
  const interval = restartInterval ? [0xff, 0xdd, 0, 4, restartInterval >> 8, restartInterval & 255] : []
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]
  return Uint8Array.of(0xff, 0xd8, ...quantisation, ...frame, ...huffman, ...interval, ...scan, ...data, 0xff, 0xd9)
}
