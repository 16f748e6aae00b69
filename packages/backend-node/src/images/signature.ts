/** Bytes of a file's beginning that tell what kind of picture it is. */
export const SIGNATURE_BYTES = 12

/** Whether a file that begins so is a JPEG, PNG, GIF, WebP, TIFF, AVIF or HEIF: its content decides, not its name. */
export function isImageSignature(head: Uint8Array): boolean {
  const text = Buffer.from(head.subarray(0, SIGNATURE_BYTES)).toString('latin1')
  return (
    text.startsWith('\xff\xd8\xff') ||
    text.startsWith('\x89PNG\r\n\x1a\n') ||
    text.startsWith('GIF8') ||
    (text.startsWith('RIFF') && text.endsWith('WEBP')) ||
    /^(II[*+]\0|MM\0[*+])/.test(text) ||
    /ftyp(avif|avis|heic|heix|mif1|msf1)$/.test(text)
  )
}
