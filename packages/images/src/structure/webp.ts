import { cutOff, damaged } from './fault.ts'

/** Walks the chunks of a WebP: all lie within the size that the file says, and that within the file. @throws Fault */
export const checkWebp = (bytes: Uint8Array): void => void chunksOf(bytes)

/** Whether all pictures of a WebP are stored without loss. @throws Fault */
export function isLosslessWebp(bytes: Uint8Array): boolean {
  const chunks = chunksOf(bytes)
  return chunks.has('VP8L') && !chunks.has('VP8 ') && !chunks.has('ANMF')
}

/** The kinds of chunks. */
function chunksOf(bytes: Uint8Array): Set<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = 8 + view.getUint32(4, true)
  if (size > bytes.length) throw cutOff(`it has ${bytes.length} bytes of ${size}`)
  const kinds = new Set<string>()
  let at = 12
  while (at + 8 <= size) {
    kinds.add(String.fromCharCode(...bytes.subarray(at, at + 4)))
    at += 8 + 2 * Math.ceil(view.getUint32(at + 4, true) / 2)
  }
  if (at !== size) throw damaged('its chunks do not fill the size that it says')
  return kinds
}
