/**
 * One output of a linear map along an axis: the weights of a run of inputs, beginning at `from`. Resizing, halving and a DCT of
 * blocks are such maps; each becomes a matrix [outputs, inputs] where an engine applies it.
 */
export interface Taps {
  readonly from: number
  readonly weights: Float64Array
}

/** How a resized image is interpolated. */
export type Interpolation = 'bilinear' | 'bicubic'

/** 1 - |t| within one input. */
const triangle = (t: number): number => Math.max(0, 1 - Math.abs(t))

/** Keys' cubic convolution within two inputs; interpolates for every `a`. */
const keys =
  (a: number) =>
  (t: number): number => {
    const x = Math.abs(t)
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }

/** Each kernel and its reach. PyTorch has another cubic with antialiasing (Pillow's) than without (OpenCV's). */
const KERNELS = {
  bilinear: { reach: 1, plain: triangle, antialiased: triangle },
  bicubic: { reach: 2, plain: keys(-0.75), antialiased: keys(-0.5) },
} as const

/**
 * Resizing of an axis from `inputs` to `outputs` samples, corners not aligned.
 *
 * Plain: output i reads around (i + 0.5)·inputs/outputs - 0.5, 2 taps (bilinear) or 4 (bicubic); indices are clamped to the axis,
 * and nothing is smoothed when the axis shrinks.
 *
 * Antialiased: the kernel is stretched by s = max(inputs/outputs, 1), cut off at the ends of the axis and normalised to sum 1, as
 * Pillow and PyTorch do: with c = (i + 0.5)·inputs/outputs, taps from trunc(c - reach·s + 0.5) on, weights k((j - c + 0.5) / s).
 */
export function resizeTaps(inputs: number, outputs: number, mode: Interpolation, antialias: boolean): Taps[] {
  const { reach, plain, antialiased } = KERNELS[mode]
  const scale = inputs / outputs
  return Array.from({ length: outputs }, (_, i) => {
    const centre = (i + 0.5) * scale
    return antialias
      ? stretched(centre, Math.max(scale, 1), reach, antialiased, inputs)
      : clamped(centre - 0.5, reach, plain, inputs)
  })
}

function stretched(centre: number, scale: number, reach: number, kernel: (t: number) => number, inputs: number): Taps {
  const from = Math.max(0, Math.trunc(centre - reach * scale + 0.5))
  const end = Math.min(inputs, Math.trunc(centre + reach * scale + 0.5))
  // The product with 1/scale, not the quotient, gives Pillow's doubles to the bit.
  const weights = Float64Array.from({ length: end - from }, (_, j) => kernel((from + j - centre + 0.5) * (1 / scale)))
  let sum = 0
  for (const weight of weights) sum += weight
  return { from, weights: weights.map((weight) => weight / sum) }
}

function clamped(source: number, reach: number, kernel: (t: number) => number, inputs: number): Taps {
  const first = Math.floor(source) - reach + 1
  const within = (j: number) => Math.min(inputs - 1, Math.max(0, j))
  const from = within(first)
  const weights = new Float64Array(within(first + 2 * reach - 1) - from + 1)
  for (let j = first; j < first + 2 * reach; j++) weights[within(j) - from]! += kernel(j - source)
  return { from, weights }
}

/**
 * The matrix [outputs, inputs] of a map, row by row.
 * @param offset which of the inputs the map's first one is
 */
export function tapsMatrix(taps: readonly Taps[], inputs: number, offset = 0): Float32Array {
  const values = new Float32Array(taps.length * inputs)
  for (const [i, { from, weights }] of taps.entries()) values.set(weights, i * inputs + offset + from)
  return values
}
