import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core'
import { checkTensor } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { UnitImage, UnitImages } from './images.ts'

/** Half a level of 8 bits: what is so near to a unit value is stored as one. */
const TOLERANCE = 0.5 / 255

/**
 * Says that a tensor holds unit images, once that has been looked at: RGB images [N,H,W,3] or one [H,W,3], float32, every value finite
 * and in [0, 1] (half a level of 8 bits beyond is taken for rounding). The values are read for it, once and whole, which on a compiling
 * engine computes what is pending. What `toUnitImages`, `decode` and `decodeLatents` give needs none of this.
 * @returns the same tensor
 * @throws StableSigError 'bad-argument' (not a tensor of float32), 'disposed', 'shape', 'not-finite', 'range'
 */
export async function asUnitImages(images: Tensor4D): Promise<UnitImages>
export async function asUnitImages(image: Tensor3D): Promise<UnitImage>
export async function asUnitImages(images: Tensor3D | Tensor4D): Promise<UnitImage | UnitImages> {
  checkTensor(images, 'images', 'a tensor [N,H,W,3] or [H,W,3]')
  const { shape, dtype } = images
  if ((shape.length !== 3 && shape.length !== 4) || shape.at(-1) !== 3)
    throw new StableSigError('shape', `Expected RGB images [N,H,W,3] or an image [H,W,3], found [${shape}]`)
  if (dtype !== 'float32')
    throw new StableSigError('bad-argument', `Expected float32 images with values in [0, 1], found ${dtype}`)
  const values = await images.data<'float32'>()
  const { from, to, notFinite } = extremes(values)
  if (notFinite !== null)
    throw new StableSigError(
      'not-finite',
      `Expected images of finite values, found ${values[notFinite]} ${placeIn(shape, notFinite)}`,
    )
  if (from < -TOLERANCE || to > 1 + TOLERANCE)
    throw new StableSigError(
      'range',
      `Expected images with values in [0, 1], found ${from.toPrecision(3)} to ${to.toPrecision(3)}: divide 8-bit values by 255, ` +
        'bring [-1, 1] to [0, 1] by signedToUnit, clip what overshoots by tfjs’ clipByValue(images, 0, 1)',
    )
  return images as UnitImage | UnitImages
}

/** Least and greatest value, and the place of the first that is not finite. Without values from > to. */
export function extremes(values: ArrayLike<number>): { from: number; to: number; notFinite: number | null } {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) return { from, to, notFinite: i }
    if (value < from) from = value
    if (value > to) to = value
  }
  return { from, to, notFinite: null }
}

/** Where in RGB images [...,H,W,3] a value is, from 0, for a message. */
export function placeIn(shape: readonly number[], index: number): string {
  const [height, width] = shape.slice(-3) as [number, number, number]
  const pixel = Math.floor(index / 3)
  const [row, column] = [Math.floor(pixel / width) % height, pixel % width]
  const image = shape.length === 4 && shape[0] !== 1 ? `image ${Math.floor(pixel / width / height)}, ` : ''
  return `at ${image}row ${row}, column ${column}`
}
