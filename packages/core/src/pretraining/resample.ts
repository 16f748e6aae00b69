import type { PixelImage } from './pixel-set.ts'

/** A square window of a picture, in pixels; it lies inside. */
export interface Window {
  readonly left: number
  readonly top: number
  readonly side: number
}

/** For each position of an axis: the first source pixel that it depends on, and the weights of that and the next ones. */
type Taps = readonly { readonly from: number; readonly weights: Float32Array }[]

/**
 * Linear interpolation from `length` to `size` positions, antialiased where it reduces: a triangle as wide as a pixel of the
 * result, cut off at the window's edges and normalised.
 */
function triangle(length: number, size: number): Taps {
  const scale = length / size
  const reach = Math.max(1, scale)
  return Array.from({ length: size }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5
    const from = Math.max(0, Math.ceil(centre - reach + 1e-9))
    const to = Math.min(length - 1, Math.floor(centre + reach - 1e-9))
    const weights = Float32Array.from({ length: to - from + 1 }, (_, j) => 1 - Math.abs(from + j - centre) / reach)
    const sum = weights.reduce((a, b) => a + b, 0)
    return { from, weights: weights.map((weight) => weight / sum) }
  })
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
  const taps = triangle(side, size)
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
