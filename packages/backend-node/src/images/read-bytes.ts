import { StableSigError } from '@stablesig/core'
import { openForReading } from '../files/file-source.ts'
import { cannotRead } from '../files/system-error.ts'

/** A file's bytes, no more than `maxBytes` of them. @throws StableSigError 'io', 'limit' */
export async function readBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  const { handle, size } = await openForReading(path)
  try {
    if (size > maxBytes) {
      throw new StableSigError('limit', `${path} has ${size} bytes, more than the ${maxBytes} allowed (maxBytes)`)
    }
    return await handle.readFile().catch(cannotRead(path))
  } finally {
    await handle.close()
  }
}
