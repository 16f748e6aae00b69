import { StableSigError } from '@stablesig/core'
import {
  centreSquare,
  checkStructure,
  DEFAULT_LIMITS,
  decodeError,
  type FailOn,
  fitWithin,
  hasOtherChannel,
  type ImageLimits,
  imageFormat,
  type Pixels,
} from '@stablesig/images'
import type { Metadata, SharpOptions } from 'sharp'
import { readBytes } from './read-bytes.ts'
import { loadSharp } from './sharp.ts'

export interface ReadImageOptions extends ImageLimits {
  /** What errors call an image given as bytes. Default 'image'. */
  readonly name?: string
  /** Side in pixels of the centre square to make of the image (see centreSquare); without it the image stays as it is. */
  readonly size?: number
  /** Most pixels of the longer side: a larger image is made smaller (see fitWithin). None by default; not beside `size`. */
  readonly maxSide?: number
  /**
   * What to do with an embedded RGB or grey profile: 'ignore' (the default) keeps the stored numbers, as the programs do
   * with which extractors are trained and a mark is written; 'apply' converts to sRGB. CMYK is always converted.
   */
  readonly profile?: 'ignore' | 'apply'
  /** Colour behind transparent pixels, R, G, B in 0..255. Default white. */
  readonly background?: readonly [number, number, number]
}

interface Opened {
  readonly name: string
  readonly bytes: Uint8Array
  readonly limits: Required<ImageLimits>
  readonly metadata: Metadata
  /** Frames in the file, at least 1. */
  readonly frames: number
  /** Whether the decoder's warnings are errors. */
  readonly failOn: FailOn
}

/** Opens an image of which the first frame will be decoded, or all: its limits and its structure are checked before. */
async function openImage(
  input: string | Uint8Array,
  options: ReadImageOptions,
  which: 'first' | 'all',
): Promise<Opened> {
  const name = typeof input === 'string' ? input : (options.name ?? 'image')
  const limits: Required<ImageLimits> = {
    maxBytes: options.maxBytes ?? DEFAULT_LIMITS.maxBytes,
    maxPixels: options.maxPixels ?? DEFAULT_LIMITS.maxPixels,
    maxSeconds: options.maxSeconds ?? DEFAULT_LIMITS.maxSeconds,
  }
  const bytes = typeof input === 'string' ? await readBytes(input, limits.maxBytes) : input
  if (bytes.length > limits.maxBytes)
    throw new StableSigError(
      'limit',
      `${name} has ${bytes.length} bytes, more than the ${limits.maxBytes} allowed (maxBytes)`,
    )
  if (bytes.length === 0) throw new StableSigError('bad-image', `${name} is empty`)
  const format = imageFormat(bytes)
  if (format === null)
    throw new StableSigError(
      'bad-image',
      `${name}: it is not an image of a known format (JPEG, PNG, WebP, GIF, TIFF, AVIF)`,
    )
  const fail = (cause: unknown): never => {
    throw decodeError({ name, limits, took: 0 }, cause)
  }
  const failOn = await checkStructure(bytes, format, which).catch(fail)
  const sharp = await loadSharp()
  const metadata = await sharp(bytes, { limitInputPixels: false }).metadata().catch(fail)
  // What was checked must be what is decoded.
  if (metadata.format !== format) fail(`${metadata.format} that begins as ${format} does`)
  const frames = metadata.pages ?? 1
  checkPixels(name, metadata, which === 'all' ? frames : 1, limits)
  return { name, bytes, limits, metadata, frames, failOn }
}

/** Checks the pixels of `frames` frames against the limit, before any is decoded. */
function checkPixels(name: string, metadata: Metadata, frames: number, { maxPixels }: Required<ImageLimits>): void {
  const { width, height, pageHeight = height } = metadata
  if (width * pageHeight * frames <= maxPixels) return
  const what = `${width}x${pageHeight}${frames > 1 ? ` x ${frames} frames` : ''}`
  throw new StableSigError('limit', `${name} is ${what}, more than the ${maxPixels} pixels allowed (maxPixels)`)
}

/** Decodes `pages` frames from `page` on into one picture, frames below one another. */
async function decode(opened: Opened, options: ReadImageOptions, page: number, pages: number): Promise<Pixels> {
  const { name, bytes, limits, metadata } = opened
  const sharp = await loadSharp()
  const [r, g, b] = options.background ?? [255, 255, 255]
  const input: SharpOptions = {
    failOn: opened.failOn,
    limitInputPixels: false,
    ignoreIcc: (options.profile ?? 'ignore') === 'ignore' && metadata.space !== 'cmyk',
    ...(opened.frames > 1 ? { page, pages } : {}),
  }
  const began = performance.now()
  try {
    let pipeline = sharp(bytes, input).timeout({ seconds: Math.max(1, Math.ceil(limits.maxSeconds)) })
    if (pages === 1) pipeline = pipeline.autoOrient()
    if (metadata.hasAlpha)
      pipeline =
        metadata.format === 'tiff' && hasOtherChannel(bytes)
          ? pipeline.removeAlpha()
          : pipeline.flatten({ background: { r, g, b } })
    const { data, info } = await pipeline
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== 3 && info.channels !== 1)
      throw new StableSigError('bad-image', `${name} decodes to ${info.channels} channels, expected 1 or 3`)
    const pixels = info.channels === 3 ? new Uint8Array(data.buffer, data.byteOffset, data.length) : greyToRgb(data)
    return { name, width: info.width, height: info.height, data: pixels }
  } catch (cause) {
    throw decodeError({ name, limits, took: performance.now() - began }, cause)
  }
}

function greyToRgb(grey: Uint8Array): Uint8Array {
  const data = new Uint8Array(grey.length * 3)
  for (let i = 0; i < grey.length; i++) data.fill(grey[i]!, i * 3, i * 3 + 3)
  return data
}

/**
 * Reads an image (a file, or a file's bytes) as 8-bit RGB: JPEG, PNG, WebP, GIF, TIFF or AVIF, by content and not by name.
 * EXIF orientation is applied, transparency laid over white, 16 bits cut to 8, grey, CMYK and CIE Lab made RGB; of several frames
 * or pages the first is read.
 * @throws StableSigError 'io' when the file cannot be read; 'bad-image' when it is no image, a damaged or truncated one, or of a
 * kind that is not read: HEIC, TIFF with samples that are not unsigned and of at most 16 bits; 'limit' when it is larger than
 * allowed. Each names the file, and the cause is the file's own also when others fail at the same time
 */
export async function readImage(input: string | Uint8Array, options: ReadImageOptions = {}): Promise<Pixels> {
  const opened = await openImage(input, options, 'first')
  return sized(await decode(opened, options, 0, 1), options)
}

function sized(image: Pixels, { size, maxSide }: ReadImageOptions): Pixels {
  if (size !== undefined && maxSide !== undefined)
    throw new StableSigError('bad-argument', 'size and maxSide both say how large an image is read: pass one of them')
  if (size !== undefined) return centreSquare(image, size)
  return maxSide === undefined ? image : fitWithin(image, maxSide)
}

/**
 * Reads all frames of an animated image, or all pages of a TIFF whose pages have one size; an image that has one frame gives
 * one. Frames are named `name#0`, `name#1`, …
 * @throws StableSigError as readImage does
 */
export async function readFrames(input: string | Uint8Array, options: ReadImageOptions = {}): Promise<Pixels[]> {
  const opened = await openImage(input, options, 'all')
  const { frames, name } = opened
  const named = (frame: Pixels, i: number): Pixels => ({ ...sized(frame, options), name: `${name}#${i}` })
  if (frames === 1) return [named(await decode(opened, options, 0, 1), 0)]
  if ((opened.metadata.orientation ?? 1) !== 1) {
    // Turning is per frame; below one another they would be turned as one picture.
    const turned: Pixels[] = []
    for (let i = 0; i < frames; i++) turned.push(named(await decode(opened, options, i, 1), i))
    return turned
  }
  const all = await decode(opened, options, 0, frames)
  const height = all.height / frames
  if (!Number.isInteger(height)) throw new StableSigError('bad-image', `${name}: its ${frames} frames differ in size`)
  const bytes = all.width * height * 3
  return Array.from({ length: frames }, (_, i) =>
    named({ name, width: all.width, height, data: all.data.slice(i * bytes, (i + 1) * bytes) }, i),
  )
}
