import { asUnit, requireEngine, StableSigError, type UnitImages } from '@stablesig/core'
import { type Tensor, tensor4d } from '@tensorflow/tfjs-core'
import type { Pixels } from './pixels.ts'

/** What each level is in [0, 1]. */
const LEVELS = Float32Array.from({ length: 256 }, (_, level) => level / 255)

/**
 * Images of one size as a batch: [N, H, W, 3] in [0, 1], each level over 255.
 * @throws StableSigError 'shape' when their sizes differ or there is none; 'no-engine' before ready()
 */
export function toUnitImages(images: readonly Pixels[]): UnitImages {
  requireEngine()
  const [first] = images
  if (!first) throw new StableSigError('shape', 'a batch needs at least one image')
  const { width, height } = first
  const each = width * height * 3
  const values = new Float32Array(images.length * each)
  for (const [n, image] of images.entries()) {
    if (image.width !== width || image.height !== height) {
      throw new StableSigError(
        'shape',
        `${image.name} is ${image.width}x${image.height}, but the batch began with ${first.name} at ${width}x${height}`,
      )
    }
    const at = n * each
    for (let i = 0; i < each; i++) values[at + i] = LEVELS[image.data[i]!]!
  }
  return asUnit(tensor4d(values, [images.length, height, width, 3]))
}

/**
 * A batch's values [N, H, W, 3] as 8-bit images: clamped to [0, 1], times 255, rounded to the nearest level. NaN is an error,
 * not black.
 * @param names one for each image, for errors and files
 * @throws StableSigError 'not-finite' naming the image
 */
export async function toPixels(images: Tensor, names: readonly string[]): Promise<Pixels[]> {
  const [n, height, width, channels] = images.shape
  if (images.rank !== 4 || n !== names.length || channels !== 3 || width === undefined || height === undefined)
    throw new StableSigError('shape', `expected ${names.length} images [N, H, W, 3], found [${images.shape}]`)
  const values = await images.data()
  const each = height * width * 3
  return names.map((name, index) => {
    const data = new Uint8Array(each)
    for (let i = 0; i < each; i++) {
      const value = values[index * each + i]!
      if (Number.isNaN(value))
        throw new StableSigError('not-finite', `${name}: the decoded image has values that are NaN`)
      data[i] = Math.round(Math.min(1, Math.max(0, value)) * 255)
    }
    return { name, width, height, data }
  })
}
