import { StableSigError, type UnitImages } from '@stablesig/core'
import { abortedError } from '@stablesig/core/errors'
import type { ImageSet } from '@stablesig/core/training'
import { type Pixels, toUnitImages } from '@stablesig/images'
import { type ImageInput, type ReadImageOptions, readImage } from '../images/read-image.ts'

/** An image and what errors call it. */
export interface NamedImage {
  readonly image: ImageInput
  readonly name: string
}

/**
 * Reads images once, one after the other, and keeps their centre squares of `size` pixels: 12 KB each at 64 pixels, 200 KB at 256.
 * @throws StableSigError as `readImage`, naming the image; 'aborted'
 */
export async function trainingImages(
  images: readonly NamedImage[],
  {
    size,
    signal,
    ...options
  }: Pick<ReadImageOptions, 'maxBytes' | 'maxPixels' | 'background'> & {
    readonly size: number
    readonly signal: AbortSignal
  },
): Promise<ImageSet> {
  const squares: Pixels[] = []
  for (const { image, name } of images) {
    if (signal.aborted) throw abortedError(signal, `Stopped before ${name} was read`)
    squares.push(await readImage(image, { ...options, name, size }))
  }
  return {
    length: squares.length,
    async read(index, asked): Promise<UnitImages> {
      const square = squares[index]
      if (!square || asked !== size)
        throw new StableSigError(
          'range',
          `no image ${index} of ${asked} pixels in a set of ${squares.length} of ${size}`,
        )
      return toUnitImages([square])
    },
  }
}
