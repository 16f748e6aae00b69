import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, rmdir } from 'node:fs/promises'
import { sweepBeside, temporaryName } from './leftovers.ts'
import { cannotWrite } from './system-error.ts'

/** What a file is written from: all at once, or in parts. */
export type FileParts = Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** A file or folder that is written whole under a temporary name beside its own. */
export interface Staged {
  /** Gives it its name, in one step. @throws StableSigError 'io'; what was written is then removed */
  commit(): Promise<void>
  /** Removes what was written. After `commit` it does nothing. */
  discard(): Promise<void>
}

export interface StagedFile extends Staged {
  readonly bytes: number
  /** Of the whole file, lower-case hex. */
  readonly sha256: string
}

/**
 * Writes a file under a temporary name in its own folder, and to the disk. Killed at any moment, the process leaves nothing
 * under the file's own name but what was there before, and the next that writes there removes the temporary one.
 * @throws StableSigError 'io'; what iterating `parts` throws is passed on; nothing is left then
 */
export async function stageFile(path: string, parts: FileParts): Promise<StagedFile> {
  await sweepBeside(path)
  const temporary = temporaryName(path)
  const { bytes, sha256 } = await writeNew(temporary, parts, path)
  return { ...staged(temporary, path), bytes, sha256 }
}

/**
 * Makes a folder under a temporary name and has it filled. Its own name must be free, or an empty folder's, when it is committed.
 * @param fill is given the temporary folder
 * @returns what `fill` gave, too
 * @throws StableSigError 'io'; what `fill` throws is passed on; nothing is left then
 */
export async function stageFolder<T>(
  path: string,
  fill: (folder: string) => Promise<T>,
): Promise<Staged & { readonly filled: T }> {
  await sweepBeside(path)
  const temporary = temporaryName(path)
  await mkdir(temporary).catch(cannotWrite(path))
  const made = staged(temporary, path, () => rmdir(path).catch(() => {}))
  try {
    return { ...made, filled: await fill(temporary) }
  } catch (error) {
    await made.discard()
    throw error
  }
}

/** Writes a file that is not there yet, and to the disk. @param named what errors call it */
export async function writeNew(
  path: string,
  parts: FileParts,
  named = path,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const fail = cannotWrite(named)
  const hash = createHash('sha256')
  let bytes = 0
  const file = await open(path, 'wx').catch(fail)
  try {
    for await (const part of typeof parts === 'string' || parts instanceof Uint8Array ? [parts] : parts) {
      const data = typeof part === 'string' ? Buffer.from(part) : part
      hash.update(data)
      bytes += data.byteLength
      await file.writeFile(data).catch(fail)
    }
    await file.sync().catch(fail)
    await file.close().catch(fail)
  } catch (error) {
    await file.close().catch(() => {})
    await rm(path, { force: true }).catch(() => {})
    throw error
  }
  return { bytes, sha256: hash.digest('hex') }
}

function staged(temporary: string, path: string, before: () => Promise<void> = async () => {}): Staged {
  let open = true
  const discard = async () => {
    if (open) await rm(temporary, { force: true, recursive: true }).catch(() => {})
    open = false
  }
  const commit = async () => {
    await before()
    try {
      await rename(temporary, path)
      open = false
    } catch (cause) {
      await discard()
      cannotWrite(path)(cause)
    }
  }
  return { commit, discard }
}
