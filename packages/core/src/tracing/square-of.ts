import { slice, type Tensor4D } from '@tensorflow/tfjs-core'
import { asUnit, type UnitImages } from '../signal/images.ts'
import type { ImageSet } from '../training/image-set.ts'

/** The middle square [1,size,size,3] of an image of a set, a new tensor. */
export async function squareOf(images: ImageSet, index: number, size: number): Promise<UnitImages> {
  const image = await images.read(index, size)
  try {
    const [, height, width] = image.shape
    const [top, left] = [height, width].map((side) => Math.floor((side - size) / 2)) as [number, number]
    return asUnit(slice(image as Tensor4D, [0, top, left, 0], [1, size, size, 3]))
  } finally {
    image.dispose()
  }
}
