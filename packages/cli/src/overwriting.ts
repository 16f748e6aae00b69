import { realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { StableSigError } from '@stablesig/core'
import type { CommandDescription, OptionDescription } from './options/description.ts'

type Given = Readonly<Record<string, unknown>>

/** What was given for an option or an argument, as paths. */
interface Named {
  readonly name: string
  readonly value: OptionDescription['value']
  readonly paths: readonly string[]
}

/** Placeholders of what is read from a path. */
const READ = /^<(file|files\.\.\.|path|folder)>$/
const PICTURE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i

/**
 * Checks, before any work starts, that no file that a command writes is one that it reads, or another that it writes, also through
 * links and by other spellings; and that none has a picture's name.
 * @throws StableSigError 'io' naming both
 */
export async function checkNothingOverwritten(
  { options, arguments: others = {} }: CommandDescription,
  given: Given,
): Promise<void> {
  const named = Object.entries(options)
    .filter(([, { value }]) => value !== undefined && READ.test(value))
    .map(([name, { value, writes = false }]) => ({ name: spelled(name), value, writes, paths: pathsIn(given[name]) }))
  const written = named.filter(({ writes }) => writes)
  const read: readonly Named[] = [
    ...named.filter(({ writes }) => !writes),
    ...Object.keys(others).map((name) => ({ name, value: undefined, paths: pathsIn(given[name]) })),
  ]
  for (const [i, { name, paths, value }] of written.entries())
    for (const out of paths) {
      const twin = written.slice(0, i).find((other) => other.paths.some((path) => resolve(path) === resolve(out)))
      if (twin)
        throw new StableSigError(
          'io',
          `${out} is named by --${twin.name} and by --${name}: each writes a file of its own`,
        )
      if (value !== '<folder>' && PICTURE.test(out))
        throw new StableSigError(
          'io',
          `${out}: what --${name} writes is no picture, and has a picture's name; choose another`,
        )
      for (const input of read) await checkKept(out, input)
    }
}

async function checkKept(out: string, { name, paths }: Named): Promise<void> {
  const target = await fileAt(out)
  if (target === null) return
  for (const path of paths) {
    if ((await realpath(path).catch(() => null)) === target)
      throw new StableSigError('io', `${out} would overwrite what --${name} reads; choose another name`)
  }
}

/** Where a file lies that is there already; null for all else. */
async function fileAt(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() ? realpath(path) : null
}

const pathsIn = (given: unknown): string[] => [given].flat().filter((path) => typeof path === 'string')

/** A property as its option is typed, without dashes. */
export const spelled = (option: string): string => option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
