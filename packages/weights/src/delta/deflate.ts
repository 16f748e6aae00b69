import { joinBytes } from '../join-bytes.ts'

/** Raw deflate, by the platform. What comes out may differ between platforms in its bytes, not in what it inflates to. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new CompressionStream('deflate-raw')
  const writer = stream.writable.getWriter()
  const fed = writer.write(new Uint8Array(bytes)).then(() => writer.close())
  const parts: Uint8Array[] = []
  const reader = stream.readable.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value)
  await fed
  return joinBytes(parts)
}
