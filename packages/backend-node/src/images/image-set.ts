import { StableSigError, type UnitImages } from '@stablesig/core'
import { badArgument } from '@stablesig/core/errors'
import { toUnitImages } from '@stablesig/images'
import { type ReadImageOptions, readImage } from './read-image.ts'

/** Photographs read when they are asked for: what training takes, so that a folder of any size needs no memory. */
export interface FileImageSet {
  readonly length: number
  /** The files, in the order of their index. */
  readonly paths: readonly string[]
  /** Image `index` as [1, size, size, 3]: its shorter side resized to `size`, its centre cut out. */
  read(index: number, size: number): Promise<UnitImages>
}

/** The images at `paths` as a set; nothing is read until `read` is called. */
export function imageSet(
  paths: readonly string[],
  options: Omit<ReadImageOptions, 'name' | 'size' | 'maxSide'> = {},
): FileImageSet {
  if (!Array.isArray(paths)) throw badArgument('paths', 'an array of paths, as expandFiles gives it', paths)
  return {
    length: paths.length,
    paths,
    async read(index, size) {
      const path = paths[index]
      if (path === undefined) throw new StableSigError('range', `no image ${index} in a set of ${paths.length}`)
      return toUnitImages([await readImage(path, { ...options, size })])
    },
  }
}
