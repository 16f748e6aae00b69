import type { PixelImage } from '../signal/pixel-image.ts'
import { resizeTaps } from '../transforms/geometry/axis-taps.ts'

/** A square window of a picture, in pixels; it lies inside. */
export interface Window {
  readonly left: number
  readonly top: number
  readonly side: number
}

/**
 * A window of a picture at size x size, antialiased bilinear.
 * @returns size x size x 3 values in [0, 255], row by row
 */
export function resample(
  { data, width }: PixelImage,
  { left, top, side }: Window,
  size: number,
  mirrored = false,
): Float32Array {
  const taps = resizeTaps(side, size, 'bilinear', true)
  // Rows first: [side, size, 3].
  const rows = new Float32Array(side * size * 3)
  for (let y = 0; y < side; y++) {
    const row = ((top + y) * width + left) * 3
    for (let x = 0; x < size; x++) {
      const { from, weights } = taps[x]!
      let [r, g, b] = [0, 0, 0]
      for (let j = 0; j < weights.length; j++) {
        const weight = weights[j]!
        const at = row + (from + j) * 3
        r += weight * data[at]!
        g += weight * data[at + 1]!
        b += weight * data[at + 2]!
      }
      const to = (y * size + (mirrored ? size - 1 - x : x)) * 3
      rows[to] = r
      rows[to + 1] = g
      rows[to + 2] = b
    }
  }
  const result = new Float32Array(size * size * 3)
  const length = size * 3
  for (let y = 0; y < size; y++) {
    const { from, weights } = taps[y]!
    for (let j = 0; j < weights.length; j++) {
      const weight = weights[j]!
      const row = (from + j) * length
      for (let x = 0; x < length; x++) result[y * length + x]! += weight * rows[row + x]!
    }
  }
  return result
}
