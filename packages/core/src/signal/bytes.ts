import { tensor4d } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { asUnit, type UnitImages } from './images.ts'

/** What each level of 8 bits is in [0, 1]. */
const LEVELS = Float32Array.from({ length: 256 }, (_, level) => level / 255)

/** How a value in [0, 1] becomes a level of 8 bits: the nearest one, half up, or the one below. */
export type ToLevel = 'round' | 'truncate'

/**
 * Unit values as 8-bit pictures keep them: clamped to [0, 1], times 255, rounded half up.
 * @param options.name what errors call the image: 'the image'
 * @param options.level 'round'; 'truncate' as torchvision's ToPILImage does
 * @throws StableSigError 'not-finite' where a value is NaN or infinite: such an image is broken, not black or white
 */
export function unitToBytes(
  values: ArrayLike<number>,
  { name = 'the image', level = 'round' }: { readonly name?: string; readonly level?: ToLevel } = {},
): Uint8Array {
  const half = level === 'round' ? 0.5 : 0
  const bytes = new Uint8Array(values.length)
  for (let i = 0; i < bytes.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value))
      throw new StableSigError(
        'not-finite',
        `${name}: value ${i + 1} of ${bytes.length} is ${value}, expected finite values around [0, 1]`,
      )
    bytes[i] = Math.floor(Math.min(1, Math.max(0, value)) * 255 + half)
  }
  return bytes
}

/**
 * 8-bit RGB images, row by row, as unit images [N,H,W,3]: each level over 255.
 * @throws StableSigError 'shape' where there are not as many bytes
 */
export function bytesToUnit(bytes: Uint8Array, shape: [number, number, number, number]): UnitImages {
  const expected = shape.reduce((product, length) => product * length, 1)
  if (shape[3] !== 3 || bytes.length !== expected)
    throw new StableSigError('shape', `Expected ${expected} bytes of RGB images [${shape}], found ${bytes.length}`)
  const values = new Float32Array(bytes.length)
  for (let i = 0; i < values.length; i++) values[i] = LEVELS[bytes[i]!]!
  return asUnit(tensor4d(values, shape))
}
