import { open } from 'node:fs/promises'
import { type ByteSource, StableSigError } from '@stablesig/core'

/** A file as a source that is read by ranges; `close` gives its descriptor back. */
export interface FileSource extends ByteSource {
  close(): Promise<void>
}

/**
 * Opens a file for reading by ranges.
 * @throws StableSigError 'io' when it cannot be opened or is not a file
 */
export async function openFile(path: string): Promise<FileSource> {
  const fail = (why: string, cause?: unknown) => new StableSigError('io', `cannot read ${path}: ${why}`, { cause })
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw fail(cause.code === 'ENOENT' ? 'no such file' : cause.message, cause)
  })
  const stat = await handle.stat()
  if (!stat.isFile()) {
    await handle.close()
    throw fail('it is not a file')
  }
  return {
    name: path,
    size: stat.size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) throw fail(`it ends at byte ${offset + done}, ${length - done} short of what was asked`)
        done += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}
