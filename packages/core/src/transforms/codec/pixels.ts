import { tensor4d } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import type { PixelImage } from '../../signal/pixel-image.ts'

/** How a value in [0, 1] becomes a level of 8 bits: the nearest one, half up, or the one below. */
export type ToLevel = 'round' | 'truncate'

/**
 * The pictures of a batch [N,H,W,3], clamped to [0, 1].
 * @throws StableSigError 'not-finite' for NaN, which is not black
 */
export async function pixelImages(images: UnitImages, level: ToLevel = 'round'): Promise<PixelImage[]> {
  const [n, height, width] = images.shape
  const values = await images.data<'float32'>()
  const each = height * width * 3
  const half = level === 'round' ? 0.5 : 0
  return Array.from({ length: n }, (_, index) => {
    const data = Uint8Array.from(values.subarray(index * each, (index + 1) * each), (value) => {
      if (Number.isNaN(value)) throw new StableSigError('not-finite', `image ${index} of ${n} has values that are NaN`)
      return Math.floor(Math.min(1, Math.max(0, value)) * 255 + half)
    })
    return { width, height, data }
  })
}

/** Pictures of one size as a batch [N,H,W,3] in [0, 1]. */
export function unitImages(images: readonly PixelImage[]): UnitImages {
  const [{ width, height } = { width: 0, height: 0 }] = images
  const each = width * height * 3
  const values = new Float32Array(images.length * each)
  for (const [n, { data }] of images.entries()) for (let i = 0; i < each; i++) values[n * each + i] = data[i]! / 255
  return asUnit(tensor4d(values, [images.length, height, width, 3]))
}
