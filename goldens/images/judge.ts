import { readImage } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import type { Verdict } from '@stablesig/testing/fuzz'
import type { Seed } from './seeds.ts'
import type { Strict, StrictDecoder } from './strict.ts'

/** Pixels that a mutated header may claim: what is larger is refused, and takes no memory. */
const MAX_PIXELS = 1_000_000

/**
 * Reads an image. Right is a StableSigError, or a picture that a strict decoder of its format makes of it too: of that size, and
 * with those values where the format leaves no choice.
 */
export async function judge({ format }: Seed, bytes: Uint8Array, strict: StrictDecoder): Promise<Verdict> {
  const read = await readImage(bytes, { name: format, maxPixels: MAX_PIXELS }).catch((error: unknown) => error)
  if (read instanceof StableSigError) return { kind: 'refused' }
  if (read instanceof Error || !isPixels(read)) return { kind: 'fault', what: `not a typed error: ${read}` }
  let other: Strict | null
  try {
    other = await strict(bytes)
  } catch (error) {
    return { kind: 'fault', what: `read, but a strict decoder refuses it: ${error}` }
  }
  if (!other) return { kind: 'accepted' }
  const { width, height, data } = read
  const turned = width === other.height && height === other.width
  if (!(width === other.width && height === other.height) && !turned)
    return { kind: 'fault', what: `${width}x${height}, but ${other.width}x${other.height} to a strict decoder` }
  if (other.rgb && !turned && Buffer.compare(data, other.rgb) !== 0)
    return { kind: 'fault', what: 'other pixels than a strict decoder gives' }
  return { kind: 'accepted' }
}

function isPixels(value: unknown): value is Awaited<ReturnType<typeof readImage>> {
  return typeof value === 'object' && value !== null && 'data' in value && value.data instanceof Uint8Array
}
