import { StableSigError, type UnitImages } from '@stablesig/core'
import { bytesToUnit, unitToBytes } from '@stablesig/core/images'
import { requireEngine } from '@stablesig/core/models'
import type { Pixels } from './pixels.ts'

/**
 * Images of one size as a batch: [N, H, W, 3] in [0, 1], each level over 255.
 * @throws StableSigError 'shape' when their sizes differ, there is none, or one's bytes are not as many as its pixels say; 'no-engine' before ready()
 */
export function toUnitImages(images: readonly Pixels[]): UnitImages {
  requireEngine()
  const [first] = images
  if (!first) throw new StableSigError('shape', 'a batch needs at least one image')
  const { width, height } = first
  const each = width * height * 3
  const bytes = new Uint8Array(images.length * each)
  for (const [n, image] of images.entries()) {
    if (image.width !== width || image.height !== height) {
      throw new StableSigError(
        'shape',
        `${image.name} is ${image.width}x${image.height}, but the batch began with ${first.name} at ${width}x${height}`,
      )
    }
    if (image.data.length !== each)
      throw new StableSigError(
        'shape',
        `${image.name} has ${image.data.length} bytes, expected ${each} for ${width}x${height} pixels of RGB`,
      )
    bytes.set(image.data, n * each)
  }
  return bytesToUnit(bytes, [images.length, height, width, 3])
}

/**
 * A batch's values [N, H, W, 3] as 8-bit images: clamped to [0, 1], times 255, rounded to the nearest level. What is not finite is
 * an error, not black or white.
 * @param names one for each image, for errors and files
 * @throws StableSigError 'not-finite' naming the image
 */
export async function toPixels(images: UnitImages, names: readonly string[]): Promise<Pixels[]> {
  const [n, height, width, channels] = images.shape
  if (images.rank !== 4 || n !== names.length || channels !== 3 || width === undefined || height === undefined)
    throw new StableSigError('shape', `expected ${names.length} images [N, H, W, 3], found [${images.shape}]`)
  const values = await images.data<'float32'>()
  const each = height * width * 3
  return names.map((name, index) => {
    const data = unitToBytes(values.subarray(index * each, (index + 1) * each), { name })
    return { name, width, height, data }
  })
}
