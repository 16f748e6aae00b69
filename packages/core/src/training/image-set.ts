import { badArgument, checkObject, checkTensor } from '../arguments.ts'
import { rangeFault } from '../detection/decidable.ts'
import { StableSigError } from '../errors.ts'
import { extremes, placeIn } from '../signal/as-unit-images.ts'
import type { UnitImages } from '../signal/images.ts'

/** Photographs that are read when they are asked for, so that a folder of any size needs no memory. */
export interface ImageSet {
  readonly length: number
  /**
   * Image `index` (from 0) as [1,size,size,3], float32 in [0, 1]; the caller disposes it. The longer side may be longer, where all
   * images of a batch have it so. Training looks at each image that it reads, and refuses others by their index.
   */
  read(index: number, size: number): Promise<UnitImages>
}

/** @throws StableSigError 'bad-argument' for what is not a set of images, such as an array of them */
export function checkImageSet(value: unknown, name: string): void {
  const expected = 'a set of images: { length, read(index, size) }, as imageSet gives it'
  if (Array.isArray(value)) throw badArgument(name, expected, value)
  checkObject(value, name, expected)
  const { length, read } = value as { readonly length?: unknown; readonly read?: unknown }
  if (typeof length !== 'number' || typeof read !== 'function') throw badArgument(name, expected, value)
}

/**
 * The same images, each looked at as it is read: a tensor [1,H,W,3] of float32, its shorter side as asked for, its values finite
 * and those of a unit image. A bad one is disposed.
 * @param what what errors call an image: 'training image'
 * @param anySize whether images may be of another size than asked for
 * @returns a set whose `read` throws 'bad-argument', 'shape', 'bad-image' or 'disposed', naming the image by its index
 */
export function checkedImages(images: ImageSet, what: string, { anySize = false } = {}): ImageSet {
  return {
    length: images.length,
    async read(index, size) {
      const image = await images.read(index, size)
      const name = `${what} ${index} (of ${images.length}, from 0)`
      checkTensor(image, name, 'a tensor [1,H,W,3]')
      try {
        checkShape(image, name, anySize ? null : size)
        checkValues(await image.data<'float32'>(), image.shape, name)
      } catch (error) {
        image.dispose()
        throw error
      }
      return image
    },
  }
}

function checkShape({ shape, dtype }: UnitImages, name: string, size: number | null): void {
  const [count, height = 0, width = 0, channels] = shape
  if (shape.length !== 4 || count !== 1 || channels !== 3 || height < 1 || width < 1)
    throw new StableSigError('shape', `${name} has shape [${shape}], expected [1, ${size ?? 'H'}, ${size ?? 'W'}, 3]`)
  if (dtype !== 'float32')
    throw new StableSigError('bad-argument', `${name} is ${dtype}, expected float32 with values in [0, 1]`)
  if (size !== null && Math.min(height, width) !== size)
    throw new StableSigError(
      'shape',
      `${name} is ${width}x${height} pixels, expected a shorter side of ${size}, for which read(index, ${size}) was called: ` +
        'resize it there, or ask for another size',
    )
}

function checkValues(values: Float32Array, shape: UnitImages['shape'], name: string): void {
  const { from, to, notFinite } = extremes(values)
  if (notFinite !== null)
    throw new StableSigError(
      'bad-image',
      `${name} holds ${values[notFinite]} ${placeIn(shape, notFinite)}; values are finite`,
    )
  const fault = rangeFault(from, to)
  if (fault) throw new StableSigError('bad-image', `${name}: ${fault}`)
}
