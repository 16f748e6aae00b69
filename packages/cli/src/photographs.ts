import { stat } from 'node:fs/promises'
import {
  cannotRead,
  type FileImageSet,
  findFiles,
  imageSet,
  type Pixels,
  type ReadImageOptions,
  readImage,
  systemPath,
  toUnitImages,
} from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { namingOption } from './inputs.ts'
import type { Io } from './io.ts'
import { reportFailure } from './report.ts'

/** What concerns one file and not the others. */
const ofOneFile = (error: unknown): boolean =>
  error instanceof StableSigError && ['bad-image', 'io', 'limit'].includes(error.code)

/**
 * The photographs that a folder, pattern or path means; folders among them that cannot be looked into are told of.
 * @throws StableSigError 'io' when there is none
 */
export async function photographsAt(path: string, io: Io): Promise<string[]> {
  const found = await findFiles([path])
  const files = found.flatMap(({ file, error }) => (error ? [] : [file]))
  const [failure] = found.flatMap(({ error }) => error ?? [])
  if (failure && files.length === 0) throw failure
  for (const { file, error } of found) if (error) reportFailure(file, error, false, io)
  // A mistyped path is found before anything large is loaded; of many files those that cannot be read are passed over later.
  if (files.length === 1) await stat(systemPath(files[0]!)).catch(cannotRead(files[0]!))
  return files
}

/**
 * Photographs to train on, of which some may be broken: such a one is told of once, and the next is taken in its place. Which
 * one is taken follows from the files alone, so training that was interrupted goes on as it would have.
 * @throws StableSigError of the last one when none can be read
 */
export function trainingPhotographs(paths: readonly string[], reading: ReadImageOptions, io: Io): FileImageSet {
  const set = imageSet(paths, reading)
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
          reportFailure(paths[at]!, namingOption(error), false, io)
        }
      }
      throw failure ?? new StableSigError('bad-image', 'none of the images to train on can be read')
    },
  }
}

/** What held-out images may take that are kept once they are read: more than a thousand of 256 px. */
const KEPT_BYTES = 256 * 2 ** 20

/**
 * Those of the photographs to judge on that can be read; the others are told of. They are read before any training, for a figure
 * over fewer of them than were asked for would come as a surprise after it, and kept, so that each is decoded once.
 * @param size side of the square that is judged, in pixels
 * @throws StableSigError of the last one when none can be read
 */
export async function heldOutPhotographs(
  paths: readonly string[],
  reading: ReadImageOptions,
  size: number,
  io: Io,
): Promise<FileImageSet> {
  const readable: string[] = []
  const kept = new Map<number, Pixels>()
  let room = KEPT_BYTES
  let failure: unknown
  for (const path of paths) {
    try {
      const image = await readImage(path, { ...reading, size })
      room -= image.data.length
      if (room >= 0) kept.set(readable.length, image)
      readable.push(path)
    } catch (error) {
      if (!ofOneFile(error)) throw error
      failure = error
      reportFailure(path, namingOption(error), false, io)
    }
  }
  if (failure && readable.length === 0) throw failure
  const set = imageSet(readable, reading)
  return {
    ...set,
    async read(index, asked) {
      const image = asked === size ? kept.get(index) : undefined
      return image ? toUnitImages([image]) : set.read(index, asked)
    },
  }
}
