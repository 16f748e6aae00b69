import { open, stat } from 'node:fs/promises'
import { normalize, resolve } from 'node:path'
import { StableSigError } from '@stablesig/core'
import { isImageSignature, SIGNATURE_BYTES } from '@stablesig/images'
import { Minimatch } from 'minimatch'
import { isNamedLikeImage } from '../images/image-names.ts'
import { isSystemError, unreadable } from './system-error.ts'
import { systemPath } from './system-path.ts'
import { EVERYTHING, isNothingThere, type Met, realPath, type Segments, type Start, walk } from './walk.ts'

/** A file that paths mean; or a folder among them that cannot be looked into, and why. */
export interface FoundFile {
  readonly file: string
  readonly error: StableSigError | null
}

/**
 * Paths, folders and glob patterns as the list of image files they mean. A path that is no folder and no pattern is taken as it
 * is, whether or not there is a file, so that a wrong one is reported where it is read and not passed over. A folder gives the
 * images in it and below it, told by their content; what is named as an image or cannot be opened is among them, to be reported
 * where it is read. A pattern gives what it matches. Folders and patterns give natural order (2.png before 10.png), the same on
 * every machine, without hidden files; a file that is meant twice, through links too, stays once, at its first place.
 *
 * A name that is not UTF-8 is a string in which lone surrogates stand for the bytes that are no character (PEP 383);
 * `readImage` takes it.
 * @param from folder that relative paths start from, by default the working folder; results are relative where the given path was
 * @throws StableSigError 'io' when a folder or pattern gives no image
 */
export async function findFiles(paths: readonly string[], from?: string): Promise<FoundFile[]> {
  const absolute = (path: string) => (from === undefined ? resolve(path) : resolve(from, path))
  const named = new Set<string>()
  const real = new Set<string>()
  const found: FoundFile[] = []
  const addMet = (all: readonly Met[]) => {
    for (const one of [...all].sort(byPath)) {
      const at = absolute(one.path)
      if (real.has(one.real) || named.has(at)) continue
      real.add(one.real)
      named.add(at)
      found.push({ file: one.path, error: one.kind === 'closed' ? unreadable(one.path || '.', one.cause) : null })
    }
  }
  const addPath = async (path: string) => {
    const at = absolute(path)
    const there = await stat(systemPath(at)).catch((cause: unknown) => (isNothingThere(cause) ? null : undefined))
    if (there?.isDirectory()) return addMet(await imagesUnder({ path, at }))
    const pattern = there === null ? patternOf(path) : null
    if (pattern) return addMet(await matchesOf(path, pattern, absolute))
    if (named.has(at)) return
    // Two links to one file that are both named are both meant.
    named.add(at)
    real.add(there ? await realPath(at) : at)
    found.push({ file: path, error: null })
  }
  for (const path of paths) {
    if (path === '') throw new StableSigError('io', 'an empty path names no image: expected a file, folder or pattern')
    await addPath(path).catch((error: unknown) => {
      throw isSystemError(error) ? unreadable(path, error) : error
    })
  }
  return found
}

/**
 * The same as a list of paths.
 * @throws StableSigError as findFiles; 'io', too, for a folder that cannot be looked into
 */
export async function expandFiles(paths: readonly string[], from?: string): Promise<string[]> {
  const found = await findFiles(paths, from)
  for (const { error } of found) if (error) throw error
  return found.map(({ file }) => file)
}

/** Order of names in which digits count as numbers, whatever the machine's language: 2.png before 10.png. */
const names = new Intl.Collator('en', { numeric: true })
const byPath = ({ path: a }: Met, { path: b }: Met): number => names.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)

/** Images of a folder, its subfolders included, and what may be one. */
async function imagesUnder(start: Start): Promise<Met[]> {
  const images: Met[] = []
  for (const met of await walk(start, EVERYTHING)) if (await mayBeImage(met)) images.push(met)
  if (images.length > 0) return images
  throw new StableSigError(
    'io',
    `no image in the folder ${start.path}: expected JPEG, PNG, WebP, GIF, TIFF or AVIF files in it or below it`,
  )
}

/** Whether something met is an image, is named as one, or cannot be opened to find out. */
async function mayBeImage({ path, real, kind }: Met): Promise<boolean> {
  if (kind === 'broken' || kind === 'closed' || isNamedLikeImage(path)) return true
  if (kind === 'special') return false
  const file = await open(systemPath(real), 'r').catch(() => null)
  if (!file) return true
  try {
    const head = new Uint8Array(SIGNATURE_BYTES)
    await file.read(head, 0, SIGNATURE_BYTES, 0)
    return isImageSignature(head)
  } catch {
    return true
  } finally {
    await file.close()
  }
}

/** The alternatives of a pattern, each as its segments; null where a path is none. */
function patternOf(path: string): Segments[] | null {
  const options = { nocomment: true, nonegate: true, windowsPathsNoEscape: process.platform === 'win32' }
  const pattern = new Minimatch(path, options)
  return pattern.hasMagic() || pattern.set.length > 1 ? pattern.set : null
}

/** What a pattern matches: each of its alternatives is looked for from the folder that its leading names tell. */
async function matchesOf(
  pattern: string,
  alternatives: readonly Segments[],
  absolute: (path: string) => string,
): Promise<Met[]> {
  const all: Met[] = []
  for (const segments of alternatives) {
    const names = segments.slice(0, -1)
    const first = names.findIndex((segment) => typeof segment !== 'string')
    const leading = names.slice(0, first < 0 ? names.length : first)
    const path = leading.length > 0 ? normalize(`${leading.join('/')}/`) : ''
    const start = { path, at: absolute(path) }
    // A folder that is not there matches nothing.
    for (const met of await walk(start, segments.slice(leading.length)))
      if (!(met.kind === 'closed' && met.path === path && isNothingThere(met.cause))) all.push(met)
  }
  if (all.length === 0) throw new StableSigError('io', `no file matches ${pattern}`)
  return all
}
