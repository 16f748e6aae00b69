import { access, constants, mkdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { StableSigError } from '@stablesig/core'
import { cannotWrite, whyFailed } from './system-error.ts'

const kind = async (path: string): Promise<'file' | 'folder' | 'other' | null> => {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null
    return cannotWrite(path)(cause)
  })
  return found && (found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other')
}

const checkWritable = (folder: string): Promise<void> =>
  access(folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    const remedy = 'choose another place, or run as a user who may write there'
    throw new StableSigError('io', `the folder ${folder} is not writable; ${remedy}`, { cause })
  })

/**
 * Checks, before any work starts, that something can be written at `path`: the folder it is to lie in exists and is writable.
 * @throws StableSigError 'io'
 */
export async function checkOutputPlace(path: string): Promise<void> {
  const folder = dirname(path)
  if ((await kind(folder)) !== 'folder')
    throw new StableSigError('io', `cannot write ${path}: the folder ${folder} does not exist; make it first`)
  await checkWritable(folder)
}

/**
 * Checks, before any work starts, that a file can be written at `path`: its place is one, and the name is free or a file's.
 * @throws StableSigError 'io'
 */
export async function checkOutputFile(path: string): Promise<void> {
  await checkOutputPlace(path)
  const there = await kind(path)
  if (there && there !== 'file')
    throw new StableSigError(
      'io',
      `cannot write ${path}: ${there === 'folder' ? 'a folder has that name; name a file' : 'it is not a file'}`,
    )
}

/**
 * Makes the folder `path`, and those above it, where it does not exist, and checks that it can be written to.
 * @throws StableSigError 'io'
 */
export async function makeOutputFolder(path: string): Promise<void> {
  await makeFolder(path).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'EEXIST' || cause.code === 'ENOTDIR' ? 'a file has that name' : whyFailed(cause, 'write', path)
    throw new StableSigError('io', `cannot make the folder ${path}: ${why}`, { cause })
  })
  await checkWritable(path)
}

/** One folder after the other: mkdir's own `recursive` never ends under /proc, where a folder is there and nothing can be made in it. */
async function makeFolder(path: string): Promise<void> {
  const above = dirname(path)
  if (above !== path && (await kind(above)) === null) await makeFolder(above)
  await mkdir(path).catch(async (cause: NodeJS.ErrnoException) => {
    if ((await kind(path)) !== 'folder') throw cause
  })
}

/** Whether two paths are one file or folder, through links too. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  if (resolve(a) === resolve(b)) return true
  const [x, y] = await Promise.all([a, b].map((path) => stat(path).catch(() => null)))
  if (x && y) return x.ino === y.ino && x.dev === y.dev && x.ino !== 0
  const [p, q] = await Promise.all(
    [dirname(resolve(a)), dirname(resolve(b))].map((path) => realpath(path).catch(() => path)),
  )
  return p === q && basename(a) === basename(b)
}
