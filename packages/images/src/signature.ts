/** Bytes of a file's beginning that tell what kind of picture it is. */
export const SIGNATURE_BYTES = 12

/** Formats that a file's beginning tells. AVIF and HEIC are both HEIF. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'heif'

/** The format of a file that begins so, or null: its content decides, not its name. */
export function imageFormat(head: Uint8Array): ImageFormat | null {
  const text = String.fromCharCode(...head.subarray(0, SIGNATURE_BYTES))
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (text.startsWith('GIF8')) return 'gif'
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'webp'
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return 'tiff'
  return /ftyp(avif|avis|hei[cmsx]|hev[cmsx]|mif1|msf1)$/.test(text) ? 'heif' : null
}

/** Whether a file that begins so is a JPEG, PNG, GIF, WebP, TIFF, AVIF or HEIF. */
export const isImageSignature = (head: Uint8Array): boolean => imageFormat(head) !== null
