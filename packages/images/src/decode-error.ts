import { StableSigError } from '@stablesig/core'
import type { ImageLimits } from './limits.ts'
import { Fault } from './structure/fault.ts'

/** What is known of an image whose reading failed. */
export interface Failed {
  readonly name: string
  readonly limits: Required<ImageLimits>
  /** Milliseconds that it took. */
  readonly took: number
}

/**
 * What a failure means: a limit that was met, a kind of image that is not read, or one that is damaged. It is said from what is
 * known of this image alone. The decoder's words are kept as the cause and not repeated, since libvips has one buffer of messages
 * for the whole process: when several images fail at once, each error holds words of the others.
 */
export function decodeError({ name, limits, took }: Failed, cause: unknown): StableSigError {
  if (cause instanceof StableSigError) return cause
  if (cause instanceof Fault) return new StableSigError('bad-image', `${name}: ${cause.message}`, { cause })
  const said = cause instanceof Error ? cause.message : String(cause)
  if (/timeout/i.test(said) && took >= limits.maxSeconds * 1000)
    return new StableSigError(
      'limit',
      `${name} took more than the ${limits.maxSeconds} s allowed to decode (maxSeconds)`,
      { cause },
    )
  return new StableSigError(
    'bad-image',
    `${name}: it is broken or cut off, or compressed in a way that is not supported: its decoder gives no picture`,
    { cause },
  )
}
