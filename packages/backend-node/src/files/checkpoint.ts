import { readFile, rm } from 'node:fs/promises'
import { type CheckpointStore, StableSigError } from '@stablesig/core'
import { writeFileAtomic } from './atomic.ts'

/** A training run's checkpoint in a file, replaced whole at each write. */
export interface FileCheckpoint extends CheckpointStore {
  /** Deletes it, where it is. */
  remove(): Promise<void>
}

export function fileCheckpoint(path: string): FileCheckpoint {
  return {
    async read() {
      return readFile(path).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return null
        throw new StableSigError('io', `cannot read ${path}: ${cause.message}`, { cause })
      })
    },
    write: (bytes) => writeFileAtomic(path, bytes),
    remove: () => rm(path, { force: true }),
  }
}
