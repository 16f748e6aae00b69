import { cutOff, damaged, unsupported } from './fault.ts'
import { checkJpeg } from './jpeg.ts'
import { TAG, type TiffPage, tiffPages } from './tiff-pages.ts'

/** Bits a sample that are read, by photometric interpretation, and what that is called. */
const KINDS: Readonly<Record<number, { readonly name: string; readonly samples: number; readonly bits: number[] }>> = {
  0: { name: 'grey', samples: 1, bits: [1, 2, 4, 8, 16] },
  1: { name: 'grey', samples: 1, bits: [1, 2, 4, 8, 16] },
  2: { name: 'RGB', samples: 3, bits: [8, 16] },
  3: { name: 'palette', samples: 1, bits: [1, 2, 4, 8] },
  5: { name: 'CMYK', samples: 4, bits: [8, 16] },
  6: { name: 'YCbCr', samples: 3, bits: [8] },
  8: { name: 'CIE Lab', samples: 3, bits: [16] },
}

/** What a sample's number is, by the tag's value. 4 is undefined, which readers take for unsigned. */
const FORMATS: readonly string[] = ['', 'unsigned', 'signed', 'floating-point', 'unsigned', 'complex', 'complex']

/** The most that libvips takes. */
const MAX_SIDE = 100_000_000

/** What samples must be, said where theirs are numbers whose range a file does not tell. */
const FULL_RANGE = 'unsigned samples of 8 or 16 bits that span their whole range'

const JPEG = 7
const OLD_JPEG = 6

/**
 * Checks that libvips reads the first `count` pages of a TIFF for what they are: it takes halves, signed numbers, subsampled
 * YCbCr and palettes of 16 bits for something else, and samples of 32 bits have no range that a file tells. Strips and tiles must
 * lie in the file; those that are JPEGs are checked as such.
 * @throws Fault
 */
export async function checkTiff(bytes: Uint8Array, count: number): Promise<void> {
  for (const page of tiffPages(bytes, count)) {
    checkSamples(page)
    await checkStrips(bytes, page)
  }
}

function checkSamples(page: TiffPage): void {
  for (const tag of [TAG.width, TAG.height]) {
    const [side = 0] = page.get(tag) ?? []
    if (side < 1 || side > MAX_SIDE) throw damaged('it tells an impossible size')
  }
  const [photometric = -1] = page.get(TAG.photometric) ?? []
  const [compression = 1] = page.get(TAG.compression) ?? []
  const samples = page.get(TAG.samples)?.[0] ?? 1
  const bits = page.get(TAG.bits) ?? [1]
  const formats = page.get(TAG.sampleFormat) ?? [1]
  const [depth = 1] = bits
  const [format = 1] = formats
  const kind = KINDS[photometric]
  const lab = photometric === 8
  if (!kind) throw unsupported(`TIFF of photometric interpretation ${photometric}`)
  const what = `TIFF with ${depth}-bit ${FORMATS[format] ?? 'unknown'} samples (${kind.name})`
  if (bits.some((b) => b !== depth) || formats.some((f) => f !== format))
    throw unsupported('TIFF whose channels are stored in different ways')
  if (!kind.bits.includes(depth)) throw unsupported(what, FULL_RANGE)
  if (FORMATS[format] !== 'unsigned' && !(lab && format === 2)) throw unsupported(what, FULL_RANGE)
  if (photometric === 6 && compression !== JPEG) throw unsupported('TIFF of YCbCr samples without JPEG compression')
  if (compression === OLD_JPEG) throw unsupported('TIFF with the JPEG compression of 1992')
  const extra = samples - kind.samples
  if (extra < 0) throw damaged(`it has ${samples} samples a pixel, ${kind.name} takes ${kind.samples}`)
  if (extra > 1) throw unsupported(`TIFF with ${samples} samples a pixel (${kind.name})`)
}

async function checkStrips(bytes: Uint8Array, page: TiffPage): Promise<void> {
  const offsets = page.get(TAG.tileOffsets) ?? page.get(TAG.stripOffsets) ?? []
  const sizes = page.get(TAG.tileBytes) ?? page.get(TAG.stripBytes)
  const tables = page.get(TAG.jpegTables)
  const isJpeg = page.get(TAG.compression)?.[0] === JPEG
  if (offsets.length === 0) throw damaged('it does not say where its pixels are')
  // Parts that overlap would be read over and over.
  let left = bytes.length
  for (const [i, offset] of offsets.entries()) {
    // Old files may leave the size out; a decoder then finds the end itself.
    const end = offset + (sizes?.[i] ?? 1)
    if (end > bytes.length) throw cutOff('a part of its pixels lies beyond its end')
    if (!isJpeg || end === offset) continue
    left -= end - offset
    if (left < 0) throw damaged('parts of its pixels overlap')
    await checkJpeg(withTables(bytes.subarray(offset, end), tables))
  }
}

/** A part's JPEG with the tables that all parts share: the tables without their end, the part without its beginning. */
function withTables(part: Uint8Array, tables: readonly number[] | undefined): Uint8Array {
  if (!tables) return part
  const joined = new Uint8Array(tables.length + part.length - 4)
  joined.set(tables.slice(0, -2))
  joined.set(part.subarray(2), tables.length - 2)
  return joined
}

/** Whether the fourth channel of an RGB picture (the second of a grey one) is something else than transparency. */
export function hasOtherChannel(bytes: Uint8Array): boolean {
  return tiffPages(bytes, 1)[0]?.get(TAG.extraSamples)?.[0] === 0
}

/** Whether the first page holds JPEGs. @throws Fault */
export const isJpegTiff = (bytes: Uint8Array): boolean => tiffPages(bytes, 1)[0]?.get(TAG.compression)?.[0] === JPEG
