import type { Pixels } from '@stablesig/images'

/** Pixels as what a canvas takes and `readImage` reads: opaque. */
export function imageDataOf({ width, height, data }: Pixels): ImageData {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let at = 0; at < width * height; at++) rgba.set(data.subarray(3 * at, 3 * at + 3), 4 * at)
  return new ImageData(rgba, width, height)
}
