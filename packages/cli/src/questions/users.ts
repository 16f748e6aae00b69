import { openFile } from '@stablesig/backend-node'
import {
  createDetector,
  type Extractor,
  type Identification,
  type Registry,
  readRegistry,
  StableSigError,
} from '@stablesig/core'
import type { DetectorOptions, RegistryDetector } from '@stablesig/core/detection'
import type { Io } from '../io.ts'
import { describeSearch } from '../searched.ts'
import { decided } from './decided.ts'
import type { ReadingMarks } from './key.ts'
import type { Question } from './question.ts'

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

/** Whose key does an image carry? @throws StableSigError as `createDetector` */
export function usersQuestion(
  extractor: Extractor,
  file: RegistryFile,
  { fpr, search, bits: tellBits }: ReadingMarks,
  { signal }: Io,
): Question<Identification> {
  const detector = detectorOf(file, { extractor, fpr, search })
  return {
    ask: async (image) => decided(await detector.identify(image, { signal })),
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
function detectorOf({ path, registry }: RegistryFile, options: DetectorOptions): RegistryDetector {
  try {
    const detector = createDetector({ ...options, registry, allowUnwhitened: true })
    if (registry.size === 0)
      throw new StableSigError('bad-registry', 'Nobody is registered, so nobody can be identified')
    return detector
  } catch (error) {
    if (!(error instanceof StableSigError) || error.code !== 'bad-registry') throw error
    throw new StableSigError(error.code, `--registry ${path}: ${error.message}`, { cause: error })
  }
}
