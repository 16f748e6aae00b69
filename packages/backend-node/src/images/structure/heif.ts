import { cutOff, damaged } from './fault.ts'

/** Walks the outermost boxes of an AVIF or HEIF: they fill the file. @throws Fault */
export function checkHeif(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw cutOff('a box of it is shorter than its header')
    let size = view.getUint32(at)
    // 0: to the end of the file; 1: eight more bytes say it.
    if (size === 0) return
    if (size === 1) {
      if (at + 16 > bytes.length) throw cutOff('a box of it is shorter than its header')
      size = Number(view.getBigUint64(at + 8))
    }
    if (size < 8) throw damaged('a box of it is shorter than its header')
    if (at + size > bytes.length) throw cutOff('a box of it reaches beyond its end')
    at += size
  }
}
