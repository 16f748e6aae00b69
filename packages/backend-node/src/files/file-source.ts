import { constants, type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { StableSigError } from '@stablesig/core'
import { type ByteSource, decodeText } from '@stablesig/weights'
import { cannotRead, unreadable } from './system-error.ts'
import { systemPath } from './system-path.ts'

/** A file as a source that is read by ranges; `close` gives its descriptor back. */
export interface FileSource extends ByteSource {
  close(): Promise<void>
}

/**
 * A file's descriptor and size. A pipe without a writer would be waited for, so none is opened in earnest.
 * @throws StableSigError 'io' when it cannot be opened or is not a file
 */
export async function openForReading(path: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  // Windows lacks the flag, and such pipes.
  const handle = await open(systemPath(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(cannotRead(path))
  try {
    const stat = await handle.stat()
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    if (!stat.isFile()) throw new StableSigError('io', `cannot read ${path}: it is not a file`)
    return { handle, size: stat.size }
  } catch (error) {
    await handle.close()
    throw unreadable(path, error)
  }
}

/**
 * Opens a file for reading by ranges.
 * @throws StableSigError 'io' when it cannot be opened or is not a file
 */
export async function openFile(path: string): Promise<FileSource> {
  const fail = (why: string) => new StableSigError('io', `cannot read ${path}: ${why}`)
  const { handle, size } = await openForReading(path)
  return {
    name: path,
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done).catch(cannotRead(path))
        if (bytesRead === 0) throw fail(`it ends at byte ${offset + done}, ${length - done} short of what was asked`)
        done += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

/**
 * Opens a text that is read once, from its beginning on: a file, or a pipe, which is waited for.
 * @throws StableSigError 'io', also while it is read
 */
export async function openStream(path: string): Promise<Readable> {
  const file = await open(systemPath(path), 'r').catch(cannotRead(path))
  if ((await file.stat()).isDirectory()) {
    await file.close()
    throw unreadable(path, Object.assign(new Error(), { code: 'EISDIR' }))
  }
  return file.createReadStream()
}

/** A text file of at most `maxBytes`, in UTF-8, or in UTF-16 with a byte order mark. @throws StableSigError 'io', 'limit', 'bad-argument' */
export async function readTextFile(path: string, maxBytes = 2 ** 20): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  const stream = await openStream(path)
  try {
    for await (const piece of stream) {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > maxBytes) throw new StableSigError('limit', `${path} has more than ${maxBytes} bytes`)
    }
  } catch (error) {
    throw unreadable(path, error)
  }
  try {
    return decodeText(Buffer.concat(pieces))
  } catch (error) {
    throw error instanceof StableSigError ? new StableSigError(error.code, `${path}: ${error.message}`) : error
  }
}
