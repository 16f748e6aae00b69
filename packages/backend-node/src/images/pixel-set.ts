import { StableSigError } from '@stablesig/core'
import { badArgument } from '@stablesig/core/errors'
import type { PixelSet } from '@stablesig/core/pretraining'
import type { Pixels } from '@stablesig/images'
import { type ReadImageOptions, readImage } from './read-image.ts'

export interface PixelSetOptions extends Omit<ReadImageOptions, 'name' | 'size'> {
  /** What decoded pictures may take that are kept; others are read again. Default 1 GiB. */
  readonly keptBytes?: number
}

const KEPT_BYTES = 2 ** 30

/** The pictures at `paths`, at their own size: what models are trained on from scratch. Nothing is read until `read` is called. */
export function pixelSet(paths: readonly string[], options: PixelSetOptions = {}): PixelSet {
  if (!Array.isArray(paths)) throw badArgument('paths', 'an array of paths, as expandFiles gives it', paths)
  const { keptBytes = KEPT_BYTES, ...reading } = options
  const kept = new Map<number, Pixels>()
  let room = keptBytes
  return {
    length: paths.length,
    async read(index) {
      const path = paths[index]
      if (path === undefined) throw new StableSigError('range', `no picture ${index} in a set of ${paths.length}`)
      const known = kept.get(index)
      if (known) return known
      const picture = await readImage(path, reading)
      if (!kept.has(index) && picture.data.length <= room) {
        kept.set(index, picture)
        room -= picture.data.length
      }
      return picture
    },
  }
}
