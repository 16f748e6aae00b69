import { StableSigError } from '@stablesig/core'
import type { ImageLimits } from '@stablesig/images'

/** @throws StableSigError 'limit' where an image has more pixels than are allowed, 'bad-image' where it has none */
export function checkPixels(
  name: string,
  width: number,
  height: number,
  { maxPixels }: Pick<Required<ImageLimits>, 'maxPixels'>,
): void {
  if (width * height === 0)
    throw new StableSigError('bad-image', `${name} is ${width}x${height}: it has no pixel, or has not loaded yet`)
  if (width * height > maxPixels)
    throw new StableSigError(
      'limit',
      `${name} is ${width}x${height}, more than the ${maxPixels} pixels allowed (maxPixels)`,
    )
}
