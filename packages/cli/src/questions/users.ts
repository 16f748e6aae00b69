import { openFile } from '@stablesig/backend-node'
import { type Identification, type Registry, readRegistry, StableSigError } from '@stablesig/core'
import { createDecider, type Decider, type DeciderOptions } from '@stablesig/core/detection'
import { describeSearch } from '../searched.ts'
import type { ReadingMarks } from './key.ts'
import type { Question } from './question.ts'
import { decideRead, type Reader } from './reader.ts'

/** A registry, and the file that it came from, for messages. */
export interface RegistryFile {
  readonly path: string
  readonly registry: Registry
}

/** @throws StableSigError 'io', 'bad-registry' */
export async function openRegistry(path: string): Promise<RegistryFile> {
  const source = await openFile(path)
  try {
    return { path, registry: await readRegistry(source) }
  } finally {
    await source.close()
  }
}

/** Whose key does an image carry? @throws StableSigError as `createDecider` */
export function usersQuestion(
  { extractor, read }: Reader,
  file: RegistryFile,
  { fpr, bits: tellBits }: ReadingMarks,
): Question<Identification> {
  const decider = deciderOf(file, { extractor, fpr })
  return {
    async ask(image) {
      // Of a registry that nobody is in, or too many are, this is said before an image is read.
      const { threshold: _ } = decider
      return decideRead(decider, await read(image))
    },
    fields({ user, matches, total, pValue, threshold, fpr, users, runnerUp, tied, whitened, search, bits }) {
      const read = tellBits ? { bits } : {}
      return { user, matches, total, ...read, pValue, threshold, fpr, users, runnerUp, tied, whitened, search }
    },
    line: ({ user, matches, total, pValue, threshold, users, runnerUp, tied, search, bits }) =>
      `${user ?? (tied > 1 && matches >= threshold ? 'nobody (tie)' : 'nobody')}\t${matches}/${total}\t` +
      `p-value ${pValue.toExponential(2)} among ${users}\tthreshold ${threshold}` +
      `${runnerUp ? `\trunner-up ${runnerUp.user} ${runnerUp.matches}/${total}` : ''}` +
      `${describeSearch(search)}${tellBits ? `\tread ${bits}` : ''}`,
    found: ({ user }) => user !== null,
  }
}

/** Says of a file that nobody is in, or whose keys have another length, which it is. */
function deciderOf({ path, registry }: RegistryFile, options: DeciderOptions): Decider<Identification> {
  try {
    const decider = createDecider({ ...options, registry, allowUnwhitened: true })
    if (registry.size === 0)
      throw new StableSigError('bad-registry', 'Nobody is registered, so nobody can be identified')
    return decider
  } catch (error) {
    if (!(error instanceof StableSigError) || error.code !== 'bad-registry') throw error
    throw new StableSigError(error.code, `--registry ${path}: ${error.message}`, { cause: error })
  }
}
