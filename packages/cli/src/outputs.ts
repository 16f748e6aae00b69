import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { readableName } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'

/**
 * Names for results in a folder: the input's own with another ending, and `-2`, `-3`, … where two inputs have one name.
 * @param besideOthers whether inputs lie among files like the results: none of those is replaced then
 * @returns the next path, for the input `file`
 */
export function outputNames(folder: string, extension: string, besideOthers = false): (file: string) => string {
  const used = new Set<string>()
  return (file) => {
    const stem = readableName(basename(file, extname(file)))
    let name = `${stem}${extension}`
    // Some file systems do not tell capitals from small letters.
    for (let i = 2; used.has(name.toLowerCase()); i++) name = `${stem}-${i}${extension}`
    used.add(name.toLowerCase())
    const path = join(folder, name)
    if (resolve(path) === resolve(file))
      throw new StableSigError('io', `${file} would be overwritten by its own result; choose another folder for --out`)
    // Beside its input a result would take the place of a picture that was there before, perhaps of another input.
    if (besideOthers && dirname(resolve(path)) === dirname(resolve(file)) && existsSync(path))
      throw new StableSigError('io', `${file}: ${path} is there already; choose another folder for --out`)
    return path
  }
}
