import { stat } from 'node:fs/promises'
import { isNamedLikeImage, isSameFile } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import type { CommandDescription, OptionDescription } from './options/description.ts'
import { spelled } from './options/spelled.ts'

type Given = Readonly<Record<string, unknown>>

/** What was given for an option or an argument, as paths. */
interface Named {
  readonly name: string
  readonly value: OptionDescription['value']
  readonly paths: readonly string[]
}

/** Placeholders of what is read from a path. */
const READ = /^<(file|files\.\.\.|path|folder)>$/

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
      const twin = await naming(out, written.slice(0, i))
      if (twin)
        throw new StableSigError(
          'io',
          `${out} is named by --${twin.name} and by --${name}: each writes a file of its own`,
        )
      if (value !== '<folder>' && isNamedLikeImage(out))
        throw new StableSigError(
          'io',
          `${out}: what --${name} writes is no picture, and has a picture's name; choose another`,
        )
      // What is not there yet cannot be lost, and a folder is not replaced.
      const source = (await isFile(out)) ? await naming(out, read) : null
      if (source)
        throw new StableSigError('io', `${out} would overwrite what --${source.name} reads; choose another name`)
    }
}

/** The first of those that name the same file. */
async function naming(out: string, others: readonly Named[]): Promise<Named | null> {
  for (const other of others) for (const path of other.paths) if (await isSameFile(out, path)) return other
  return null
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

const pathsIn = (given: unknown): string[] => [given].flat().filter((path) => typeof path === 'string')
