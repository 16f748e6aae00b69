import { randomFrom } from '@stablesig/testing/fuzz'
import sharp, { type Sharp } from 'sharp'

/** A good image to be broken. */
export interface Seed {
  readonly name: string
  readonly format: 'jpeg' | 'png' | 'webp' | 'tiff' | 'avif'
  readonly bytes: Uint8Array
}

const WIDTH = 64
const HEIGHT = 60

/** Waves with a little noise: what every codec stores in some hundred bytes, and none as one colour. */
function picture(channels: 1 | 3 | 4): Sharp {
  const random = randomFrom(channels)
  const data = new Uint8Array(WIDTH * HEIGHT * channels)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels)
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)]
    data[i] = 128 + 60 * Math.sin(x / 9 + (i % channels)) + 40 * Math.cos(y / 7) + random(16)
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } })
}

/** Images of the five formats, each in the ways of storing it that are decoded by code of their own: 64x60 pixels. */
export async function seeds(): Promise<readonly Seed[]> {
  const tile = { tile: true, tileWidth: 32, tileHeight: 32 } as const
  const made: readonly (readonly [string, Seed['format'], Sharp])[] = [
    ['jpeg 4:2:0', 'jpeg', picture(3).jpeg()],
    ['jpeg 4:4:4', 'jpeg', picture(3).jpeg({ chromaSubsampling: '4:4:4', quality: 90 })],
    ['jpeg progressive', 'jpeg', picture(3).jpeg({ progressive: true })],
    ['jpeg grey', 'jpeg', picture(1).toColourspace('b-w').jpeg()],
    ['jpeg turned', 'jpeg', picture(3).withMetadata({ orientation: 6 }).jpeg()],
    ['png', 'png', picture(3).png()],
    ['png interlaced', 'png', picture(3).png({ progressive: true })],
    ['png with alpha', 'png', picture(4).png()],
    ['png palette', 'png', picture(3).png({ palette: true, colours: 32 })],
    ['webp', 'webp', picture(3).webp()],
    ['webp lossless', 'webp', picture(3).webp({ lossless: true })],
    ['webp with alpha', 'webp', picture(4).webp()],
    ['tiff', 'tiff', picture(3).tiff({ compression: 'none' })],
    ['tiff lzw', 'tiff', picture(3).tiff({ compression: 'lzw', predictor: 'horizontal' })],
    ['tiff deflate', 'tiff', picture(3).tiff({ compression: 'deflate' })],
    ['tiff tiled', 'tiff', picture(3).tiff({ compression: 'lzw', ...tile })],
    ['tiff jpeg', 'tiff', picture(3).tiff({ compression: 'jpeg' })],
    ['avif', 'avif', picture(3).avif({ effort: 0 })],
    ['avif lossless', 'avif', picture(3).avif({ lossless: true, effort: 0 })],
    ['avif with alpha', 'avif', picture(4).avif({ effort: 0 })],
  ]
  return Promise.all(
    made.map(async ([name, format, image]) => ({ name, format, bytes: new Uint8Array(await image.toBuffer()) })),
  )
}
