import { StableSigError } from '../errors.ts'
import { cropSource, cropTensor } from '../pretraining/crops.ts'
import type { PixelSet } from '../pretraining/pixel-set.ts'
import type { ImageSet } from '../training/image-set.ts'

export interface CutOutOptions {
  readonly pictures: PixelSet
  /** How many there are. */
  readonly count: number
  /** How much larger a window of a picture may be than its cut-out. */
  readonly maxReduction: number
  readonly seed: number
}

/**
 * So many cut-outs of pictures, each always the same: of every picture once before any comes again, windows of random place and size,
 * half of them mirrored. For a picture that is smaller than a cut-out the next one is taken. What is frozen can be kept for them, which an endless stream of crops does not allow.
 */
export function cutOuts({ pictures, count, maxReduction, seed }: CutOutOptions): ImageSet {
  const bySize = new Map<number, ReturnType<typeof cropSource>>()
  const sourceOf = (size: number) => {
    const known = bySize.get(size)
    if (known) return known
    const large = largeEnough(pictures, size)
    const source = cropSource({ pictures: large, seed, batchSize: 1, size, maxReduction, recoloured: false })
    bySize.set(size, source)
    return source
  }
  return { length: count, read: async (index, size) => cropTensor(await sourceOf(size)(index)) }
}

/** @throws StableSigError 'bad-image' where every picture is smaller than `size` */
const largeEnough = (pictures: PixelSet, size: number): PixelSet => ({
  length: pictures.length,
  async read(index) {
    for (let i = 0; i < pictures.length; i++) {
      const picture = await pictures.read((index + i) % pictures.length)
      if (Math.min(picture.width, picture.height) >= size) return picture
    }
    throw new StableSigError(
      'bad-image',
      `none of the ${pictures.length} pictures has ${size} pixels on each side: take larger pictures, or smaller cut-outs (size)`,
    )
  },
})
