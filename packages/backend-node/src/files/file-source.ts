import { constants, type FileHandle, open } from 'node:fs/promises'
import { type ByteSource, StableSigError } from '@stablesig/core'
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
