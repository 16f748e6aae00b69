import type { ImageFormat } from '../signature.ts'
import { checkHeif } from './heif.ts'
import { checkJpeg, type FailOn } from './jpeg.ts'
import { checkPng } from './png.ts'
import { checkTiff } from './tiff.ts'
import { checkWebp } from './webp.ts'

export type { FailOn }

/**
 * Checks what decoders pass over: see each format. A damaged image shall be an error, and its cause the image's own, which
 * libvips cannot say when several are read at once: its messages share one buffer.
 * @param format what the file begins as; a GIF's decoder finds what can be found
 * @param which pages will be decoded
 * @returns whether the decoder's warnings are errors
 * @throws Fault
 */
export async function checkStructure(bytes: Uint8Array, format: ImageFormat, which: 'first' | 'all'): Promise<FailOn> {
  if (format === 'jpeg') return checkJpeg(bytes)
  if (format === 'png') checkPng(bytes)
  else if (format === 'webp') checkWebp(bytes)
  else if (format === 'heif') checkHeif(bytes)
  else if (format === 'tiff') await checkTiff(bytes, which === 'all' ? Number.POSITIVE_INFINITY : 1)
  return format === 'tiff' ? 'warning' : 'error'
}
