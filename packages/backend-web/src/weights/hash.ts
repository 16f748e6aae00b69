import { StableSigError } from '@stablesig/core'
import { sha256 } from '@stablesig/weights'

/** A SHA-256 as it is compared: lower-case hex. @throws StableSigError 'bad-argument' */
export function checkHash(hash: string): string {
  if (typeof hash === 'string' && /^[0-9a-f]{64}$/i.test(hash)) return hash.toLowerCase()
  throw new StableSigError('bad-argument', 'sha256: expected 64 hexadecimal digits')
}

/** SHA-256 of bytes in hex: by the browser's own code, which pages without https do not have. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto
  if (subtle === undefined) {
    const hash = sha256()
    hash.update(bytes)
    return hash.hex()
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', new Uint8Array(bytes)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
