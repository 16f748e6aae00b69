import { tensor4d } from '@tensorflow/tfjs-core'
import { badArgument, checkObject, checkTensor } from '../arguments.ts'
import { at } from '../at.ts'
import { rangeFault } from '../detection/decidable.ts'
import { StableSigError } from '../errors.ts'
import { extremes, placeIn } from '../signal/as-unit-images.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'

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

/** Images that are looked at as they are read. */
class CheckedImages implements ImageSet {
  constructor(
    readonly length: number,
    readonly read: ImageSet['read'],
  ) {}
}

/**
 * The same images, each looked at as it is read: a tensor [1,H,W,3] of float32, its shorter side as asked for, its values finite
 * and those of a unit image. A bad one is disposed. Images that are looked at already are not looked at twice.
 * @param what what errors call an image: 'training image'
 * @param anySize whether images may be of another size than asked for
 * @returns a set whose `read` throws 'bad-argument', 'shape', 'bad-image' or 'disposed', naming the image by its index
 */
export function checkedImages(images: ImageSet, what: string, { anySize = false } = {}): ImageSet {
  if (images instanceof CheckedImages) return images
  return new CheckedImages(images.length, async (index, size) => {
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
  })
}

/**
 * Reads some images before their turn, on the host: for what looks at them before work begins that needs them first.
 * @returns their values in the order of `indices`, and the same set, which hands each of them out once before it reads it again
 */
export async function readAhead(
  images: ImageSet,
  indices: readonly number[],
  size: number,
): Promise<{ readonly values: readonly Float32Array[]; readonly images: ImageSet }> {
  const kept = new Map<number, { readonly values: Float32Array; readonly shape: UnitImages['shape'] }>()
  for (const index of new Set(indices)) {
    const image = await images.read(index, size)
    const values = await image.data<'float32'>().finally(() => image.dispose())
    kept.set(index, { values: values.slice(), shape: image.shape })
  }
  const values = indices.map((index) => kept.get(index)?.values ?? new Float32Array())
  const read: ImageSet['read'] = async (index, asked) => {
    const known = asked === size ? kept.get(index) : undefined
    if (!known) return images.read(index, asked)
    kept.delete(index)
    return asUnit(tensor4d(known.values, known.shape, 'float32'))
  }
  return { values, images: likewiseChecked(images, images.length, read) }
}

/** Some images of a set, by their indices there; as checked as the set is. */
export const selectImages = (images: ImageSet, indices: readonly number[]): ImageSet =>
  likewiseChecked(images, indices.length, (index, size) => images.read(at(indices, index), size))

const likewiseChecked = (images: ImageSet, length: number, read: ImageSet['read']): ImageSet =>
  images instanceof CheckedImages ? new CheckedImages(length, read) : { length, read }

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
