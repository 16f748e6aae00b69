import { basename, extname, join, resolve } from 'node:path'
import { StableSigError } from '@stablesig/core'

/**
 * Names for results in a folder: the input's own with another ending, and `-2`, `-3`, … where two inputs have one name.
 * @returns the next path, for the input `file`
 */
export function outputNames(folder: string, extension: string): (file: string) => string {
  const used = new Set<string>()
  return (file) => {
    const stem = basename(file, extname(file))
    let name = `${stem}${extension}`
    // Some file systems do not tell capitals from small letters.
    for (let i = 2; used.has(name.toLowerCase()); i++) name = `${stem}-${i}${extension}`
    used.add(name.toLowerCase())
    const path = join(folder, name)
    if (resolve(path) === resolve(file))
      throw new StableSigError('io', `${file} would be overwritten by its own result; choose another folder for --out`)
    return path
  }
}
