import { crc32 } from '@stablesig/weights'
import { cutOff, damaged } from './fault.ts'

/** The most chunks that are read: more than any image has. */
const MAX_CHUNKS = 1 << 20

/**
 * Walks a PNG's chunks to the last: lengths inside the file, and checksums of all. libpng checks those of the pixels, which are
 * left to it; it drops any other chunk whose checksum is wrong, transparency and orientation among them, and does not look for
 * the end.
 * @throws Fault
 */
export function checkPng(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let left = MAX_CHUNKS
  for (let at = 8; ; ) {
    if (left-- === 0) throw damaged('it has more chunks than any image')
    if (at + 12 > bytes.length) throw cutOff('its end chunk is missing')
    const end = at + 12 + view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (!/^[A-Za-z]{4}$/.test(type)) throw damaged('a chunk of it has no type')
    if (end > bytes.length) throw cutOff(`its chunk ${type} reaches beyond its end`)
    if (type !== 'IDAT' && view.getUint32(end - 4) !== crc32(bytes.subarray(at + 4, end - 4)))
      throw damaged(`the checksum of its chunk ${type} is wrong`)
    if (type === 'IEND') return
    at = end
  }
}
