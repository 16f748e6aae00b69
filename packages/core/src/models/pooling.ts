import { slice, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { spatialMean } from '../ops/reduce.ts'

/** Positions that a mean leaves out at each end of an axis of `positions`: `margin`, or as many as leave one. */
export const marginOf = (positions: number, margin: number): number => Math.min(margin, Math.floor((positions - 1) / 2))

/**
 * The mean over positions, without the outermost ones: activations [N,h,w,K] -> [N,K]. What surrounds an image is not of it, and
 * the outermost positions see most of that.
 */
export function interiorMean(x: Tensor4D, margin: number): Tensor2D {
  const [, h, w] = x.shape
  const [top, left] = [marginOf(h, margin), marginOf(w, margin)]
  if (top === 0 && left === 0) return spatialMean(x)
  return tidy(() => spatialMean(slice(x, [0, top, left, 0], [-1, h - 2 * top, w - 2 * left, -1])))
}
