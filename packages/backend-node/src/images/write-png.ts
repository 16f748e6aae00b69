import type { Pixels } from '@stablesig/images'
import { writeFileAtomic } from '../files/atomic.ts'
import { loadSharp } from './sharp.ts'

/** An image as PNG bytes: 8-bit RGB, no metadata, so that reading it back gives the same pixels. */
export async function encodePng(image: Pixels): Promise<Uint8Array> {
  const sharp = await loadSharp()
  const { width, height, data } = image
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

/**
 * Writes an image as PNG, whole or not at all.
 * @throws StableSigError 'io' when the file cannot be written
 */
export async function writePng(path: string, image: Pixels): Promise<void> {
  await writeFileAtomic(path, await encodePng(image))
}
