import { conv2d, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { at } from '../../at.ts'
import { DCT_BASIS } from '../../ops/dct-basis.ts'

/*
 * A transform of 8x8 blocks is a convolution of stride 8 with fixed weights: any engine has it, and no engine needs an FFT.
 */

export const BLOCK = 8
/** Frequencies along a row that a real transform of eight values has: 0..4. */
const HALF = BLOCK / 2 + 1

/** Weight of the pixel in row y and column x of a block for the coefficient in row u and column v. */
type Basis = (u: number, v: number, y: number, x: number) => number

/** x [N,H,W,1] -> [N,H/8,W/8,8·columns], coefficients row by row; rows and columns of pixels beyond the last whole block are left out. */
function blockTransform(x: Tensor4D, columns: number, basis: Basis): Tensor4D {
  return tidy(() => {
    const count = BLOCK * columns
    const weights = Float32Array.from({ length: BLOCK * BLOCK * count }, (_, i) => {
      const [pixel, coefficient] = [Math.floor(i / count), i % count]
      const [u, v] = [Math.floor(coefficient / columns), coefficient % columns]
      return basis(u, v, Math.floor(pixel / BLOCK), pixel % BLOCK)
    })
    return conv2d(x, tensor4d(weights, [BLOCK, BLOCK, 1, count]), BLOCK, 'valid')
  })
}

/** Real and imaginary parts, [N,H/8,W/8,40] each: 8 rows of 5 coefficients. */
export interface BlockSpectrum {
  readonly real: Tensor4D
  readonly imaginary: Tensor4D
}

const spectrum = (x: Tensor4D, angle: Basis): BlockSpectrum => ({
  real: blockTransform(x, HALF, (...place) => cosine(angle(...place)) / BLOCK ** 2),
  imaginary: blockTransform(x, HALF, (...place) => -sine(angle(...place)) / BLOCK ** 2),
})

/** Eighths of a turn, so that what is 0 is 0 exactly. */
const cosine = (eighths: number): number => (eighths % 4 === 2 ? 0 : Math.cos((Math.PI / 4) * eighths))
const sine = (eighths: number): number => (eighths % 4 === 0 ? 0 : Math.sin((Math.PI / 4) * eighths))

/** Two-dimensional real Fourier transform of each block over 64: what Czolbe et al. 2020 publish. */
export const blockFourier = (x: Tensor4D): BlockSpectrum => spectrum(x, (u, v, y, column) => (u * y + v * column) % 8)

/** One-dimensional transform of each row of each block over 64: what their public code computes. Row u of the coefficients is row u of pixels. */
export function blockRowFourier(x: Tensor4D): BlockSpectrum {
  const part = (of: (eighths: number) => number) =>
    blockTransform(x, HALF, (u, v, y, column) => (u === y ? of((v * column) % 8) / BLOCK ** 2 : 0))
  return { real: part(cosine), imaginary: part((eighths) => -sine(eighths)) }
}

/** Orthonormal DCT-II of each block: [N,H/8,W/8,64]. */
export const blockCosine = (x: Tensor4D): Tensor4D =>
  blockTransform(x, BLOCK, (u, v, y, column) => at(at(DCT_BASIS, u), y) * at(at(DCT_BASIS, v), column))
