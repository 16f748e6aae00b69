import type { ImageFormat } from './signature.ts'

/** What a file's header says of its picture. */
export interface HeaderSize {
  readonly width: number
  readonly height: number
  /** Components of a pixel as stored. */
  readonly channels: number
}

/**
 * A picture's size as its file's header says it, before anything is decoded; null for formats whose header is not looked at (HEIF,
 * TIFF), and where there is none. A JPEG's is before orientation.
 */
export function headerSize(bytes: Uint8Array, format: ImageFormat): HeaderSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    switch (format) {
      case 'png':
        return {
          width: view.getUint32(16),
          height: view.getUint32(20),
          channels: [1, 0, 3, 1, 2, 0, 4][view.getUint8(25)] ?? 0,
        }
      case 'gif':
        return { width: view.getUint16(6, true), height: view.getUint16(8, true), channels: 3 }
      case 'webp':
        return webpSize(view)
      case 'jpeg':
        return jpegSize(view)
      default:
        return null
    }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Frame headers are the markers 0xc0 to 0xcf but for three that are tables and an extension. */
function jpegSize(view: DataView): HeaderSize | null {
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return null
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xda || marker === 0xd9) return null
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), channels: view.getUint8(at + 9) }
    at += 2 + view.getUint16(at + 2)
  }
}

/** Three kinds of first chunk: extended, lossless, lossy. */
function webpSize(view: DataView): HeaderSize | null {
  const uint24 = (at: number) => view.getUint16(at, true) + 65536 * view.getUint8(at + 2)
  switch (view.getUint32(12)) {
    case 0x56503858: // VP8X
      return { width: uint24(24) + 1, height: uint24(27) + 1, channels: view.getUint8(20) & 16 ? 4 : 3 }
    case 0x5650384c: {
      // VP8L: 14 bits each, then whether there is alpha
      const bits = view.getUint32(21, true)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, channels: bits & (1 << 28) ? 4 : 3 }
    }
    case 0x56503820: // 'VP8 '
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff, channels: 3 }
    default:
      return null
  }
}
