import { cutOff, damaged } from './fault.ts'

/** Numbers of a page's tags, by tag. */
export type TiffPage = ReadonlyMap<number, readonly number[]>

/** Tags that say how samples are stored, and how many. */
export const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samples: 277,
  stripBytes: 279,
  tileOffsets: 324,
  tileBytes: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
} as const

const WANTED: ReadonlySet<number> = new Set(Object.values(TAG))

/** Bytes of a value, by type. */
const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8]

/** Types that hold whole numbers without a sign. */
const NUMBERS: ReadonlySet<number> = new Set([1, 3, 4, 7, 13, 16, 18])

const BEYOND = 'its directory or a part of it lies beyond its end'

/** The most tags and values that are read of a file: more strips than any image has. */
const MAX_VALUES = 1 << 22

/**
 * The first `count` pages of a TIFF or BigTIFF, of either order of bytes.
 * @throws Fault where a page or a tag's numbers do not lie in the file
 */
export function tiffPages(bytes: Uint8Array, count: number): TiffPage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  const big = view.getUint8(little ? 2 : 3) === 43
  const read = (at: number, size: number): number => {
    if (at + size > bytes.length) throw cutOff(BEYOND)
    if (size === 8) return Number(view.getBigUint64(at, little))
    return size === 4 ? view.getUint32(at, little) : size === 2 ? view.getUint16(at, little) : view.getUint8(at)
  }
  const word = big ? 8 : 4
  const pages: TiffPage[] = []
  let directory = read(big ? 8 : 4, word)
  const seen = new Set<number>()
  let left = MAX_VALUES
  while (directory !== 0 && pages.length < count) {
    if (seen.has(directory)) throw damaged('its pages lead in a circle')
    seen.add(directory)
    const tags = new Map<number, readonly number[]>()
    const entries = read(directory, big ? 8 : 2)
    let at = directory + (big ? 8 : 2)
    for (let i = 0; i < entries; i++, at += 4 + 2 * word) {
      const tag = read(at, 2)
      const type = read(at + 2, 2)
      const size = TYPE_BYTES[type] ?? 0
      const length = read(at + 4, word)
      const inline = at + 4 + word
      const from = length * size <= word ? inline : read(inline, word)
      if (from + length * size > bytes.length) throw cutOff(BEYOND)
      const wanted = WANTED.has(tag) && NUMBERS.has(type)
      left -= wanted ? length + 1 : 1
      if (left < 0) throw damaged('it has more tags and values than any image')
      if (!wanted) continue
      tags.set(
        tag,
        Array.from({ length }, (_, k) => read(from + k * size, size)),
      )
    }
    pages.push(tags)
    directory = read(at, word)
  }
  if (pages.length === 0) throw damaged('it holds no page')
  return pages
}
