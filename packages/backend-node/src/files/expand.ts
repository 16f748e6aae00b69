import { open, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { StableSigError } from '@stablesig/core'
import { glob, isDynamicPattern } from 'tinyglobby'
import { isImageSignature, SIGNATURE_BYTES } from '../images/signature.ts'

/** Whether a file begins as an image does. */
async function looksLikeImage(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return false
  try {
    const head = new Uint8Array(SIGNATURE_BYTES)
    await file.read(head, 0, SIGNATURE_BYTES, 0)
    return isImageSignature(head)
  } finally {
    await file.close()
  }
}

/** Order of names in which digits count as numbers, whatever the machine's language: 2.png before 10.png. */
const names = new Intl.Collator('en', { numeric: true })
const byName = (a: string, b: string): number => names.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)

/** Images of a folder, its subfolders included, in natural order; hidden files and files that are no images are left out. */
async function imagesUnder(folder: string): Promise<string[]> {
  const found = (await glob('**/*', { cwd: folder, absolute: false, onlyFiles: true })).sort(byName)
  const images: string[] = []
  for (const name of found) if (await looksLikeImage(join(folder, name))) images.push(join(folder, name))
  return images
}

/**
 * Paths, folders and glob patterns as the list of image files they mean. A path that is no folder and no pattern is taken as
 * it is, whether or not there is a file, so that a wrong one is reported where it is read and not skipped; a folder gives the images in it and below it; a pattern what it
 * matches. Folders and patterns give natural order (2.png before 10.png), the same on every machine; a file that is meant twice
 * stays once, at its first place.
 * @param from folder that relative paths start from; results are relative where the given path was
 * @throws StableSigError 'io' when a folder or pattern gives no image
 */
export async function expandFiles(paths: readonly string[], from = process.cwd()): Promise<string[]> {
  const files = new Map<string, string>()
  const add = (path: string) => {
    const full = resolve(from, path)
    if (!files.has(full)) files.set(full, path)
  }
  for (const path of paths) {
    const there = await stat(resolve(from, path)).catch(() => null)
    if (there?.isDirectory()) {
      const images = await imagesUnder(resolve(from, path))
      if (images.length === 0)
        throw new StableSigError(
          'io',
          `no image in the folder ${path}: expected JPEG, PNG, WebP, GIF, TIFF or AVIF files in it or below it`,
        )
      for (const image of images) add(join(path, image.slice(resolve(from, path).length + 1)))
    } else if (!there && isDynamicPattern(path)) {
      const matched = (await glob(path, { cwd: from, onlyFiles: true })).sort(byName)
      if (matched.length === 0) throw new StableSigError('io', `no file matches ${path}`)
      for (const match of matched) add(match)
    } else {
      add(path)
    }
  }
  return [...files.values()]
}
