import { DCT_BASIS } from '../../ops/dct-basis.ts'
import type { Taps } from '../geometry/axis-taps.ts'

/** The columns of the basis: what each sample is made of. */
const SAMPLES = DCT_BASIS.map((_, x) => Float64Array.from(DCT_BASIS, (row) => row[x]!))

const blocks = (size: number, weights: readonly Float64Array[]): Taps[] =>
  Array.from({ length: size }, (_, i) => ({ from: i - (i % 8), weights: weights[i % 8]! }))

/** The DCT of each run of eight samples of an axis of `size`, a multiple of 8. */
export const blockDct = (size: number): Taps[] => blocks(size, DCT_BASIS)

/** The way back. */
export const inverseBlockDct = (size: number): Taps[] => blocks(size, SAMPLES)
