import { crop, type Pixels, readImage } from '@stablesig/backend-node'
import sharp from 'sharp'

/** What is done to a picture before somebody asks where it comes from: an 8-bit picture in, another out. */
export interface Attack {
  readonly name: string
  apply(image: Pixels): Promise<Pixels>
}

/** The centre that keeps `share` of the area. */
const centre = (image: Pixels, share: number): Pixels => {
  const width = Math.round(image.width * Math.sqrt(share))
  const height = Math.round(image.height * Math.sqrt(share))
  return crop(image, (image.width - width) >> 1, (image.height - height) >> 1, width, height)
}

/** Every level times `factor`, clamped. */
const brighter = (image: Pixels, factor: number): Pixels => ({
  ...image,
  data: image.data.map((level) => Math.min(255, Math.round(level * factor))),
})

/** Compressed as JPEG and read again. */
async function jpeg(image: Pixels, quality: number): Promise<Pixels> {
  const { width, height, data } = image
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer()
  return readImage(bytes, { name: image.name })
}

export const ATTACKS: readonly Attack[] = [
  { name: 'none', apply: async (image) => image },
  { name: 'crop, half', apply: async (image) => centre(image, 0.5) },
  { name: 'crop, a tenth', apply: async (image) => centre(image, 0.1) },
  { name: 'brightness 1.5', apply: async (image) => brighter(image, 1.5) },
  { name: 'JPEG 80', apply: (image) => jpeg(image, 80) },
  { name: 'all three', apply: (image) => jpeg(brighter(centre(image, 0.5), 1.5), 80) },
]
