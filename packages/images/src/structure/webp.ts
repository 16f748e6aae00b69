import { cutOff, damaged } from './fault.ts'

/** Walks the chunks of a WebP: all lie within the size that the file says, and that within the file. @throws Fault */
export function checkWebp(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = 8 + view.getUint32(4, true)
  if (size > bytes.length) throw cutOff(`it has ${bytes.length} bytes of ${size}`)
  let at = 12
  while (at + 8 <= size) at += 8 + 2 * Math.ceil(view.getUint32(at + 4, true) / 2)
  if (at !== size) throw damaged('its chunks do not fill the size that it says')
}
