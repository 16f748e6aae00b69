import { type FileImageSet, imageSet, readImage } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import type { Io } from './io.ts'
import { reportFailure } from './report.ts'

/** What concerns one file and not the others. */
const ofOneFile = (error: unknown): boolean =>
  error instanceof StableSigError && ['bad-image', 'io', 'limit'].includes(error.code)

/**
 * Photographs to train on, of which some may be broken: such a one is told of once, and the next is taken in its place. Which
 * one is taken follows from the files alone, so training that was interrupted goes on as it would have.
 * @throws StableSigError of the last one when none can be read
 */
export function trainingPhotographs(paths: readonly string[], io: Io): FileImageSet {
  const set = imageSet(paths)
  const broken = new Set<number>()
  return {
    ...set,
    async read(index, size) {
      let failure: unknown
      for (let i = 0; i < set.length; i++) {
        const at = (index + i) % set.length
        if (broken.has(at)) continue
        try {
          return await set.read(at, size)
        } catch (error) {
          if (!ofOneFile(error)) throw error
          failure = error
          broken.add(at)
          reportFailure(paths[at]!, error, false, io)
        }
      }
      throw failure ?? new StableSigError('bad-image', 'none of the images to train on can be read')
    },
  }
}

/**
 * Those of the photographs to judge on that can be read; the others are told of. They are tried before any training, for a
 * figure over fewer of them than were asked for would come as a surprise after it.
 * @throws StableSigError of the last one when none can be read
 */
export async function readablePhotographs(paths: readonly string[], io: Io): Promise<string[]> {
  const readable: string[] = []
  let failure: unknown
  for (const path of paths) {
    try {
      await readImage(path)
      readable.push(path)
    } catch (error) {
      if (!ofOneFile(error)) throw error
      failure = error
      reportFailure(path, error, false, io)
    }
  }
  if (failure && readable.length === 0) throw failure
  return readable
}
