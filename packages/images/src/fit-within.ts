import { StableSigError } from '@stablesig/core'
import type { Pixels } from './pixels.ts'
import { resize } from './resize.ts'

/**
 * The image made smaller until its longer side is `maxSide`; one that is not longer stays as it is. The shorter side is rounded.
 * @param maxSide pixels, at least 1; Infinity sets no bound
 * @throws StableSigError 'bad-argument'
 */
export function fitWithin(image: Pixels, maxSide: number): Pixels {
  checkMaxSide(maxSide)
  const { width, height } = image
  const longer = Math.max(width, height)
  if (longer <= maxSide) return image
  const side = (length: number) => Math.max(1, Math.round((length * maxSide) / longer))
  return resize(image, side(width), side(height))
}

/** Throws unless `maxSide` is a number of pixels. */
export function checkMaxSide(maxSide: number): void {
  if (maxSide === Number.POSITIVE_INFINITY || (Number.isInteger(maxSide) && maxSide >= 1)) return
  throw new StableSigError('bad-argument', `maxSide must be a positive whole number of pixels, not ${maxSide}`)
}
