import { join } from 'node:path'
import { expandFiles, readImage } from '@stablesig/backend-node'
import type { PixelImage } from '@stablesig/core/images'
import type { PixelSet } from '@stablesig/core/pretraining'

/** A folder of pictures, kept in memory as they are decoded: 512 x 512 pixels are 0.8 MB. */
export async function openPictures(folder: string): Promise<PixelSet> {
  const paths = (await expandFiles([folder])).toSorted()
  const kept: PixelImage[] = []
  for (const path of paths) kept.push(await readImage(path))
  return {
    length: kept.length,
    async read(index) {
      const picture = kept[index]
      if (!picture) throw new RangeError(`no picture ${index} in ${join(folder)} of ${kept.length}`)
      return picture
    },
  }
}
