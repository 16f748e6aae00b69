import { readFile, rm } from 'node:fs/promises'
import type { CheckpointStore } from '@stablesig/core/training'
import { writeFileAtomic } from './atomic.ts'
import { cannotRead, cannotWrite } from './system-error.ts'

/** A training run's checkpoint in a file, replaced whole at each write. */
export interface FileCheckpoint extends CheckpointStore {
  /** Deletes it, where it is. */
  remove(): Promise<void>
}

export function fileCheckpoint(path: string): FileCheckpoint {
  return {
    async read() {
      return readFile(path).catch((cause: NodeJS.ErrnoException) =>
        cause.code === 'ENOENT' ? null : cannotRead(path)(cause),
      )
    },
    write: (bytes) => writeFileAtomic(path, bytes),
    remove: () => rm(path, { force: true }).catch(cannotWrite(path)),
  }
}
