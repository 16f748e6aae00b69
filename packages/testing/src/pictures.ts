import { centreSquare, encodePng, openExtractor, readImage, ready, toUnitImages } from '@stablesig/backend-node'
import { readLogits } from '@stablesig/core/detection'
import type { Pixels } from '@stablesig/images'
import sharp from 'sharp'

/** A file as a program wrote it, and what Node's reader makes of it. */
export interface PictureFile {
  readonly name: string
  readonly file: Uint8Array
  readonly pixels: Pixels
}

/** A smooth picture with an edge and some texture, R, G, B or R, G, B, A, of 8 bits. */
function drawn(width: number, height: number, channels: 3 | 4): Uint8Array {
  const data = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels
      const texture = 20 * Math.sin(x * 0.9) * Math.cos(y * 1.1)
      data[at] = 128 + 90 * Math.sin(x / 17) + texture
      data[at + 1] = 128 + 90 * Math.cos(y / 23) - texture
      data[at + 2] = x > width / 3 ? 40 + texture : 200
      if (channels === 4) data[at + 3] = (255 * (x + y)) / (width + height)
    }
  return data
}

/**
 * The same picture in every form that a reader meets: chroma halved or not, progressive, grey, turned by EXIF, tagged with a profile,
 * palettes, transparency, 16 bits, interlaced.
 */
export async function pictureFiles(width = 120, height = 88): Promise<PictureFile[]> {
  const rgb = () => sharp(drawn(width, height, 3), { raw: { width, height, channels: 3 } })
  const rgba = () => sharp(drawn(width, height, 4), { raw: { width, height, channels: 4 } })
  const files: Record<string, Promise<Buffer>> = {
    'jpeg 4:2:0': rgb().jpeg({ quality: 90 }).toBuffer(),
    'jpeg 4:4:4': rgb().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
    'jpeg progressive': rgb().jpeg({ quality: 80, progressive: true }).toBuffer(),
    'jpeg grey': rgb().greyscale().jpeg().toBuffer(),
    'jpeg turned by EXIF': rgb().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    'jpeg in Display P3': rgb().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
    'jpeg of odd size': rgb().resize(61, 43).jpeg().toBuffer(),
    png: rgb().png().toBuffer(),
    'png in Display P3': rgb().withIccProfile('p3').png().toBuffer(),
    'png with transparency': rgba().png().toBuffer(),
    'png with a palette': rgb().png({ palette: true, colours: 32 }).toBuffer(),
    'png grey': rgb().greyscale().toColourspace('b-w').png().toBuffer(),
    'png of 16 bits': rgb().toColourspace('rgb16').png().toBuffer(),
    'png interlaced': rgb().png({ progressive: true }).toBuffer(),
    webp: rgb().webp({ quality: 90 }).toBuffer(),
    'webp lossless': rgb().webp({ lossless: true }).toBuffer(),
    'webp with transparency': rgba().webp({ lossless: true }).toBuffer(),
    'webp in Display P3': rgb().withIccProfile('p3').webp({ lossless: true }).toBuffer(),
    gif: rgb().gif().toBuffer(),
    'avif 4:4:4': rgb().avif({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer(),
  }
  return Promise.all(
    Object.entries(files).map(async ([name, making]) => {
      const file = new Uint8Array(await making)
      return { name, file, pixels: await readImage(file, { name }) }
    }),
  )
}

/** A PNG of one of those pictures, and the bits that an extractor reads from it on Node, as the text of a key. */
export async function pictureWithKey(weights: string, size: number): Promise<{ file: Uint8Array; key: string }> {
  const [logits] = await logitsOfPictures(weights, size)
  const [picture] = await pictureFiles()
  if (!logits || !picture) throw new Error('there is no picture')
  const key = Array.from(logits, (logit) => (logit > 0 ? '1' : '0')).join('')
  return { file: await encodePng(centreSquare(picture.pixels, size)), key }
}

/** What an extractor reads from each of those files on Node, resized to squares of `size` pixels. */
export async function logitsOfPictures(weights: string, size: number): Promise<Float32Array[]> {
  await ready({ device: 'cpu' })
  const extractor = await openExtractor(weights)
  try {
    const batch = toUnitImages((await pictureFiles()).map(({ pixels }) => centreSquare(pixels, size)))
    const outcomes = await readLogits(batch, { extractor })
    batch.dispose()
    return outcomes.map((outcome) => {
      if (outcome.ok) return outcome.value
      throw outcome.error
    })
  } finally {
    extractor.dispose()
  }
}
