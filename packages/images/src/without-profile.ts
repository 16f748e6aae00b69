import type { ImageFormat } from './signature.ts'

/** Chunks of a PNG that say what its numbers mean as colours. */
const PNG_COLOUR = new Set(['iCCP', 'gAMA', 'cHRM', 'sRGB', 'cICP', 'mDCV', 'cLLI'])
const ICC = 'ICC_PROFILE\0'

const textAt = (bytes: Uint8Array, at: number, length: number) =>
  String.fromCharCode(...bytes.subarray(at, at + length))

/**
 * The file without what says how its numbers are colours, so that whoever decodes it gives the numbers themselves: embedded profiles of
 * JPEG, PNG and WebP, gamma and primaries of PNG. Of other formats the file as it is. Nothing is decoded; the structure of the file
 * must have been checked.
 */
export function withoutProfile(bytes: Uint8Array, format: ImageFormat): Uint8Array {
  switch (format) {
    case 'jpeg':
      return without(bytes, jpegProfiles(bytes))
    case 'png':
      return without(bytes, pngColour(bytes))
    case 'webp':
      return webpWithout(bytes)
    default:
      return bytes
  }
}

type Span = readonly [from: number, to: number]

function without(bytes: Uint8Array, spans: readonly Span[]): Uint8Array {
  if (spans.length === 0) return bytes
  const out = new Uint8Array(bytes.length - spans.reduce((sum, [from, to]) => sum + to - from, 0))
  let [read, written] = [0, 0]
  for (const [from, to] of [...spans, [bytes.length, bytes.length] as const]) {
    out.set(bytes.subarray(read, from), written)
    written += from - read
    read = to
  }
  return out
}

/** Segments APP2 that hold a piece of a profile: all stand before the first scan. */
function jpegProfiles(bytes: Uint8Array): Span[] {
  const spans: Span[] = []
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xda) break
    const end = at + 2 + bytes[at + 2]! * 256 + bytes[at + 3]!
    if (marker === 0xe2 && textAt(bytes, at + 4, ICC.length) === ICC) spans.push([at, end])
    at = end
  }
  return spans
}

function pngColour(bytes: Uint8Array): Span[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const spans: Span[] = []
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at)
    const type = textAt(bytes, at + 4, 4)
    if (type === 'IDAT') break
    if (PNG_COLOUR.has(type)) spans.push([at, end])
    at = end
  }
  return spans
}

/** Bit of an extended WebP's flags that says it has a profile. */
const HAS_PROFILE = 0x20

function webpWithout(bytes: Uint8Array): Uint8Array {
  if (textAt(bytes, 12, 4) !== 'VP8X') return bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 30; at + 8 <= bytes.length; ) {
    const end = at + 8 + 2 * Math.ceil(view.getUint32(at + 4, true) / 2)
    if (textAt(bytes, at, 4) === 'ICCP') {
      const out = without(bytes, [[at, end]])
      const changed = new DataView(out.buffer)
      changed.setUint32(4, view.getUint32(4, true) - (end - at), true)
      changed.setUint8(20, view.getUint8(20) & ~HAS_PROFILE)
      return out
    }
    at = end
  }
  return bytes
}
