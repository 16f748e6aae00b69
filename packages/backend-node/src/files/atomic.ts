import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StableSigError } from '@stablesig/core'

/**
 * Writes a file so that its name never holds half of it: the bytes go to a temporary name in the same folder, reach the
 * disk, and then take the name in one step. After a failure the old file, if any, is as it was and nothing is left behind.
 * @param bytes all at once, or in parts
 * @throws StableSigError 'io'; what iterating `bytes` throws is passed on
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  const fail = (cause: unknown): never => {
    throw new StableSigError('io', `cannot write ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  const file = await open(temporary, 'wx').catch(fail)
  try {
    const parts = typeof bytes === 'string' || bytes instanceof Uint8Array ? [bytes] : bytes
    for await (const part of parts) await file.writeFile(part).catch(fail)
    await file.sync().catch(fail)
    await file.close().catch(fail)
    await rename(temporary, path).catch(fail)
  } catch (error) {
    await file.close().catch(() => {})
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}
