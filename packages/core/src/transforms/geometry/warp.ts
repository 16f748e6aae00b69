import { add, gather, mul, reshape, type Tensor, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core'
import { checkOneOf } from '../../arguments.ts'
import type { Images } from '../../signal/images.ts'
import { roundHalfEven } from '../area.ts'
import { checkImages } from '../check.ts'

/** How a warped image is read between pixels. */
export type WarpMode = 'bilinear' | 'nearest'

/** Where an output pixel reads the image: source row and column, whole at the centres of pixels. */
export type SourceOf = (row: number, column: number) => readonly [row: number, column: number]

/**
 * Images [N,H,W,3] read at other places, at their own size: each output pixel is what stands at `sourceOf` it.
 * - 'bilinear': the four pixels around, each 0 where it lies outside of the image;
 * - 'nearest': the nearest one (a half to the even one), 0 outside.
 *
 * Places and weights are computed in double precision and given to the engine as values. The gradient adds what each output pixel
 * gets to the pixels that it was read from.
 */
export function warp<I extends Images>(images: I, sourceOf: SourceOf, mode: WarpMode): I {
  checkImages(images, 'warp')
  checkOneOf(mode, 'mode of a warp', ['bilinear', 'nearest'])
  const [n, h, w] = images.shape
  const taps = mode === 'bilinear' ? bilinear(h, w, sourceOf) : nearest(h, w, sourceOf)
  return tidy(() => {
    const pixels = reshape(images, [n, h * w, 3])
    const terms = taps.map(({ places, weights }) =>
      mul(gather(pixels, tensor1d(places, 'int32'), 1), tensor2d(weights, [h * w, 1])),
    )
    return reshape(
      terms.reduce((sum: Tensor, term) => add(sum, term)),
      [n, h, w, 3],
    )
  }) as I
}

/** For every output pixel, row by row, one pixel that it reads and its weight; 0 where that lies outside. */
interface Reads {
  readonly places: Int32Array
  readonly weights: Float32Array
}

const noReads = (size: number): Reads => ({ places: new Int32Array(size), weights: new Float32Array(size) })

function bilinear(h: number, w: number, sourceOf: SourceOf): Reads[] {
  const corners = [0, 1, 2, 3].map(() => noReads(h * w))
  for (let at = 0; at < h * w; at++) {
    const [y, x] = sourceOf(Math.floor(at / w), at % w)
    const [top, left] = [Math.floor(y), Math.floor(x)]
    for (const [corner, reads] of corners.entries()) {
      const [row, column] = [top + (corner >> 1), left + (corner & 1)]
      if (row < 0 || row >= h || column < 0 || column >= w) continue
      reads.places[at] = row * w + column
      reads.weights[at] = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column))
    }
  }
  return corners
}

function nearest(h: number, w: number, sourceOf: SourceOf): Reads[] {
  const reads = noReads(h * w)
  for (let at = 0; at < h * w; at++) {
    const [y, x] = sourceOf(Math.floor(at / w), at % w)
    const [row, column] = [roundHalfEven(y), roundHalfEven(x)]
    if (row < 0 || row >= h || column < 0 || column >= w) continue
    reads.places[at] = row * w + column
    reads.weights[at] = 1
  }
  return [reads]
}
