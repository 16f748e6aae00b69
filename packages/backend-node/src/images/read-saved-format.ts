import { StableSigError } from '@stablesig/core'
import type { ImageFormat as SavedAs } from '@stablesig/core/tracing'
import { jpegQuality } from '@stablesig/core/transforms'
import {
  DEFAULT_LIMITS,
  decodeError,
  imageFormat,
  isJpegTiff,
  isLosslessWebp,
  readQuantisation,
} from '@stablesig/images'
import { readBytes } from './read-bytes.ts'

/** Tables farther than this from those of every quality have none, as `jpegQuality` measures it: qualities of 80 and 85 are 0.28 apart. */
const MAX_DISTANCE = 0.2

/**
 * How an image was saved, as tracing needs to know: what keeps 8-bit values (PNG, lossless WebP, TIFF without JPEG in it) counts as PNG;
 * of a JPEG the quality is that whose quantisation tables are nearest, and unknown where none is near. What an image went through
 * before it was saved last is not told by its file.
 * @param input a file's path, or its bytes
 * @throws StableSigError 'io', 'limit', 'bad-image'
 */
export async function readSavedFormat(
  input: string | Uint8Array,
  { name = typeof input === 'string' ? input : 'image' }: { readonly name?: string } = {},
): Promise<SavedAs> {
  const bytes = typeof input === 'string' ? await readBytes(input, DEFAULT_LIMITS.maxBytes) : input
  const format = imageFormat(bytes)
  if (format === null) throw new StableSigError('bad-image', `${name}: it is not an image of a known format`)
  try {
    if (format === 'png') return { format }
    if (format === 'jpeg') return savedJpeg(bytes)
    if (format === 'webp' && isLosslessWebp(bytes)) return { format: 'png' }
    if (format === 'tiff' && !isJpegTiff(bytes)) return { format: 'png' }
    return { format: 'other', name: format }
  } catch (cause) {
    throw decodeError({ name, limits: DEFAULT_LIMITS, took: 0 }, cause)
  }
}

function savedJpeg(bytes: Uint8Array): SavedAs {
  const { luma, chroma, across, down } = readQuantisation(bytes)
  const { quality, distance } = jpegQuality(luma, chroma ?? undefined)
  const subsampling = across === 1 && down === 1 ? '4:4:4' : across === 2 && down === 2 ? '4:2:0' : 'other'
  return {
    format: 'jpeg',
    ...(distance <= MAX_DISTANCE && { quality }),
    // A grey picture has no chroma to sample.
    ...(chroma && { subsampling }),
  }
}
