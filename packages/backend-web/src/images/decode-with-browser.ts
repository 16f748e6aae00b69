import { type ImageFormat, type ImageLimits, type Pixels, withoutProfile } from '@stablesig/images'
import { checkPixels } from './check-pixels.ts'
import { type Background, flattened } from './flattened.ts'

const MIME: Readonly<Record<ImageFormat, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  heif: 'image/avif',
  tiff: 'image/tiff',
}

/**
 * Decodes a file with the browser's own decoder, which is libjpeg-turbo's arithmetic in the common ones (jpeg-js repeats halved chroma
 * where that interpolates it). A browser would convert an embedded profile to sRGB, and not all of them obey `colorSpaceConversion`:
 * so profiles are taken out of the file before it sees it.
 */
export async function decodeWithBrowser(
  name: string,
  bytes: Uint8Array,
  format: ImageFormat,
  limits: Pick<Required<ImageLimits>, 'maxPixels'>,
  background: Background,
): Promise<Pixels> {
  const blob = new Blob([new Uint8Array(withoutProfile(bytes, format))], { type: MIME[format] })
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
    imageOrientation: 'from-image',
  })
  try {
    checkPixels(name, bitmap.width, bitmap.height, limits)
    return flattened(name, bitmap, bitmap.width, bitmap.height, background)
  } finally {
    bitmap.close()
  }
}
