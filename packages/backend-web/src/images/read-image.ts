import { StableSigError } from '@stablesig/core'
import {
  centreSquare,
  checkStructure,
  DEFAULT_LIMITS,
  decodeError,
  fitWithin,
  headerSize,
  type ImageFormat,
  type ImageLimits,
  imageFormat,
  type Pixels,
} from '@stablesig/images'
import { checkPixels } from './check-pixels.ts'
import { decodeWithBrowser } from './decode-with-browser.ts'
import type { Background } from './flattened.ts'
import { isPicture, type Picture, pixelsOfPicture } from './picture.ts'

/** A file of the visitor, a file's bytes, or what the page shows already. */
export type ImageInput = Blob | Uint8Array | Picture

export interface ReadImageOptions extends Omit<ImageLimits, 'maxSeconds'> {
  /** What errors call the image. Default: a file's own name, else 'image'. */
  readonly name?: string
  /** Side in pixels of the centre square to make of the image (see centreSquare); without it the image stays as it is. */
  readonly size?: number
  /** Most pixels of the longer side: a larger image is made smaller (see fitWithin). None by default; not beside `size`. */
  readonly maxSide?: number
  /** Colour behind transparent pixels, R, G, B in 0..255. Default white. */
  readonly background?: Background
}

/**
 * Reads an image as 8-bit RGB: a file (JPEG, PNG, WebP, GIF, AVIF, by content and not by name), or what the page shows: an image
 * bitmap, a canvas, a frame of a video, image data. A file gives the pixels that `readImage` of `@stablesig/backend-node` gives, within
 * one level: orientation applied, transparency over white, 16 bits cut to 8, embedded profiles ignored. Of several frames the first is
 * read. What the page shows is read as it shows it, in sRGB.
 * @throws StableSigError 'bad-image' when it is no image, a damaged or truncated one, or of a kind that is not read here (TIFF; HEIC but
 *   in browsers that have it; JPEG in CMYK); 'limit' when it is larger than allowed; 'bad-argument'; 'io' where a file cannot be read
 */
export async function readImage(input: ImageInput, options: ReadImageOptions = {}): Promise<Pixels> {
  const name = options.name ?? (typeof File !== 'undefined' && input instanceof File ? input.name : 'image')
  const background = options.background ?? [255, 255, 255]
  const limits = {
    maxBytes: options.maxBytes ?? DEFAULT_LIMITS.maxBytes,
    maxPixels: options.maxPixels ?? DEFAULT_LIMITS.maxPixels,
  }
  if (input instanceof Blob || input instanceof Uint8Array)
    return sized(await decode(name, input, limits, background), options)
  if (isPicture(input)) return sized(pixelsOfPicture(name, input, limits, background), options)
  throw new StableSigError(
    'bad-argument',
    `${name}: expected a File or Blob, a file's bytes, an ImageBitmap, a canvas, an image or video element, a VideoFrame or ImageData`,
  )
}

type Limits = Pick<Required<ImageLimits>, 'maxBytes' | 'maxPixels'>

async function decode(name: string, input: Blob | Uint8Array, limits: Limits, background: Background): Promise<Pixels> {
  const length = input instanceof Blob ? input.size : input.length
  if (length > limits.maxBytes)
    throw new StableSigError(
      'limit',
      `${name} has ${length} bytes, more than the ${limits.maxBytes} allowed (maxBytes)`,
    )
  if (length === 0) throw new StableSigError('bad-image', `${name} is empty`)
  const bytes = input instanceof Blob ? await bytesOf(name, input) : input
  const format = imageFormat(bytes)
  if (format === null)
    throw new StableSigError('bad-image', `${name}: it is not an image of a known format (JPEG, PNG, WebP, GIF, AVIF)`)
  try {
    await checkFile(name, bytes, format, limits)
    return await decodeWithBrowser(name, bytes, format, limits, background)
  } catch (cause) {
    throw decodeError({ name, limits: { ...DEFAULT_LIMITS, ...limits }, took: 0 }, cause)
  }
}

/** What is refused before anything is decoded. */
async function checkFile(name: string, bytes: Uint8Array, format: ImageFormat, limits: Limits): Promise<void> {
  if (format === 'tiff')
    throw new StableSigError('bad-image', `${name}: TIFF is not read in browsers: convert it to PNG`)
  await checkStructure(bytes, format, 'first')
  const header = headerSize(bytes, format)
  if (header === null) return
  checkPixels(name, header.width, header.height, limits)
  if (format === 'jpeg' && header.channels === 4)
    throw new StableSigError(
      'bad-image',
      `${name}: a JPEG in CMYK is not read in browsers, which differ in the colours they make of it: convert it to RGB`,
    )
}

async function bytesOf(name: string, blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer())
  } catch (cause) {
    throw new StableSigError('io', `${name} cannot be read: it was moved, changed or deleted after it was chosen`, {
      cause,
    })
  }
}

function sized(image: Pixels, { size, maxSide }: ReadImageOptions): Pixels {
  if (size !== undefined && maxSide !== undefined)
    throw new StableSigError('bad-argument', 'size and maxSide both say how large an image is read: pass one of them')
  if (size !== undefined) return centreSquare(image, size)
  return maxSide === undefined ? image : fitWithin(image, maxSide)
}
