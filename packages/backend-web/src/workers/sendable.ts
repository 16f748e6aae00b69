import { StableSigError } from '@stablesig/core'
import type { ImageInput } from '../images/read-image.ts'
import type { SentImage } from './messages.ts'

/** An image as it can be posted: what the page shows as a bitmap that the worker then owns; what is the caller's stays the caller's. */
export async function sendable(
  name: string,
  image: ImageInput,
): Promise<{ readonly sent: SentImage['image']; readonly transfer: Transferable[] }> {
  if (image instanceof Blob || image instanceof Uint8Array || image instanceof ImageData)
    return { sent: image, transfer: [] }
  try {
    const bitmap = await createImageBitmap(image)
    return { sent: bitmap, transfer: [bitmap] }
  } catch (cause) {
    throw new StableSigError(
      'bad-argument',
      `${name}: expected a File or Blob, a file's bytes, or what the page shows: it cannot be drawn, or has not loaded yet`,
      { cause },
    )
  }
}

/** What errors call an image that was given no name. */
export const nameOf = (image: ImageInput, otherwise: string): string => (image instanceof File ? image.name : otherwise)
