import type { Taps } from '../geometry/axis-taps.ts'

/** Basis of the orthonormal DCT of eight samples: row u is frequency u. */
const BASIS = Array.from({ length: 8 }, (_, u) =>
  Float64Array.from(
    { length: 8 },
    (_, x) => (u === 0 ? Math.sqrt(1 / 8) : 0.5) * Math.cos(((2 * x + 1) * u * Math.PI) / 16),
  ),
)

/** The columns of the basis: what each sample is made of. */
const SAMPLES = BASIS.map((_, x) => Float64Array.from(BASIS, (row) => row[x]!))

const blocks = (size: number, weights: readonly Float64Array[]): Taps[] =>
  Array.from({ length: size }, (_, i) => ({ from: i - (i % 8), weights: weights[i % 8]! }))

/** The DCT of each run of eight samples of an axis of `size`, a multiple of 8. */
export const blockDct = (size: number): Taps[] => blocks(size, BASIS)

/** The way back. */
export const inverseBlockDct = (size: number): Taps[] => blocks(size, SAMPLES)
