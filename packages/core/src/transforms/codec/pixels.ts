import { bytesToUnit, type ToLevel, unitToBytes } from '../../signal/bytes.ts'
import type { UnitImages } from '../../signal/images.ts'
import type { PixelImage } from '../../signal/pixel-image.ts'

/**
 * The pictures of a batch [N,H,W,3], clamped to [0, 1].
 * @throws StableSigError 'not-finite' for what is no picture, not even a black one
 */
export async function pixelImages(images: UnitImages, level: ToLevel = 'round'): Promise<PixelImage[]> {
  const [n, height, width] = images.shape
  const values = await images.data<'float32'>()
  const each = height * width * 3
  return Array.from({ length: n }, (_, index) => {
    const own = values.subarray(index * each, (index + 1) * each)
    return { width, height, data: unitToBytes(own, { name: `image ${index} of ${n}`, level }) }
  })
}

/** Pictures of one size as a batch [N,H,W,3] in [0, 1]. */
export function unitImages(images: readonly PixelImage[]): UnitImages {
  const [{ width, height } = { width: 0, height: 0 }] = images
  const each = width * height * 3
  const bytes = new Uint8Array(images.length * each)
  for (const [n, { data }] of images.entries()) bytes.set(data.subarray(0, each), n * each)
  return bytesToUnit(bytes, [images.length, height, width, 3])
}
