import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import decodeAvif, { init as initAvif } from '@jsquash/avif/decode.js'
import decodeWebp, { init as initWebp } from '@jsquash/webp/decode.js'
import { decode as decodePng } from 'fast-png'
import jpeg from 'jpeg-js'
import { decode as decodeTiff } from 'tiff'
import type { Seed } from './seeds.ts'

/** What a decoder that is none of libvips' made of a file. */
export interface Strict {
  readonly width: number
  readonly height: number
  /** height x width x 3, where the decoder computes the same as any other must. */
  readonly rgb?: Uint8Array
}

/** What the decoders made of WebAssembly return, a browser's ImageData. */
class Picture {
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {}
}

/**
 * Takes a file's bytes and throws where the file is not as its format says; null where it has a reason of its own not to read it,
 * and says nothing of whether the file is good.
 */
export type StrictDecoder = (bytes: Uint8Array) => Promise<Strict | null>

export async function strictDecoders(): Promise<Readonly<Record<Seed['format'], StrictDecoder>>> {
  Object.assign(globalThis, { ImageData: Picture })
  const { resolve } = createRequire(import.meta.url)
  // Emscripten's own option, which the packages' types leave out; they would fetch the file.
  const binary = (name: string) => ({ noInitialRun: false, wasmBinary: readFileSync(resolve(name)) })
  await initWebp(binary('@jsquash/webp/codec/dec/webp_dec.wasm'))
  await initAvif(binary('@jsquash/avif/codec/dec/avif_dec.wasm'))
  return {
    jpeg: async (bytes) => decodeJpeg(bytes),
    png: async (bytes) => {
      const { width, height, channels, depth, data } = decodePng(bytes, { checkCrc: true })
      return { width, height, ...(channels === 3 && depth === 8 ? { rgb: Uint8Array.from(data) } : {}) }
    },
    webp: async (bytes) => sized(await decodeWebp(bytes.slice().buffer)),
    // libavif demands a property that may be left out, and that older writers leave out.
    avif: async (bytes) => (lacks(bytes, 'pixi') ? null : sized(await decodeAvif(bytes.slice().buffer))),
    tiff: async (bytes) => tiffPage(bytes),
  }
}

/** Whether an AVIF has fewer properties of a kind than coded items. */
function lacks(bytes: Uint8Array, property: string): boolean {
  const text = Buffer.from(bytes).toString('latin1')
  return text.split(property).length < text.split('av1C').length
}

function sized(picture: { readonly width: number; readonly height: number } | null): Strict {
  if (!picture) throw new Error('no picture')
  return { width: picture.width, height: picture.height }
}

const JPEG = 7

/** A TIFF's first page. Strips that are JPEGs go to the decoder of JPEGs, with the tables that they share. */
function tiffPage(bytes: Uint8Array): Strict | null {
  const [header] = decodeTiff(bytes, { pages: [0], ignoreImageData: true })
  if (!header) throw new Error('no page')
  const { width, height } = header
  if (header.compression === JPEG) {
    const tables: unknown = header.get(347)
    for (const [i, offset] of header.stripOffsets.entries())
      decodeJpeg(stripOf(bytes.subarray(offset, offset + (header.stripByteCounts[i] ?? 0)), tables))
    return { width, height }
  }
  // Turned pictures are good ones, and it does not read them.
  if (header.orientation > 1 && header.orientation <= 8) return null
  const [page] = decodeTiff(bytes, { pages: [0] })
  if (!page) throw new Error('no page')
  const plain = page.type === 2 && page.bitsPerSample === 8 && page.samplesPerPixel === 3 && !page.tiled
  return { width, height, ...(plain ? { rgb: Uint8Array.from(page.data) } : {}) }
}

/** The tables without their end marker, the strip without its beginning. */
function stripOf(strip: Uint8Array, tables: unknown): Uint8Array {
  if (!Array.isArray(tables) && !(tables instanceof Uint8Array)) return strip
  return Uint8Array.of(...tables.slice(0, -2), ...strip.subarray(2))
}

const decodeJpeg = (bytes: Uint8Array): Strict => sized(jpeg.decode(bytes, { tolerantDecoding: false }))
