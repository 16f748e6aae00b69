import {
  broadcastTo,
  mean,
  mul,
  reshape,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tile,
} from '@tensorflow/tfjs-core'
import { customGradient } from './custom-gradient.ts'

/*
 * tfjs's own gradients of Mean and Sum make a full-size array of ones in JavaScript; these stay in the graph.
 */

/** Global average pool: x [N,H,W,C] -> [N,C], the mean over positions. */
export function spatialMean(x: Tensor4D): Tensor2D {
  const [n, h, w, c] = x.shape
  return customGradient([x], () => ({
    // Row by row first: a single sum of all positions loses digits in large images.
    value: mean<Tensor2D>(mean(x, 2), 1),
    saved: [],
    gradient: (dy: Tensor2D) => [tile(mul(reshape(dy, [n, 1, 1, c]), 1 / (h * w)), [1, h, w, 1])],
  }))
}

/** Sum over positions: x [N,H,W,C] -> [N,C]. */
export function spatialSum(x: Tensor4D): Tensor2D {
  const [n, h, w, c] = x.shape
  return customGradient([x], () => ({
    value: sum<Tensor2D>(sum(x, 2), 1),
    saved: [],
    gradient: (dy: Tensor2D) => [tile(reshape(dy, [n, 1, 1, c]), [1, h, w, 1])],
  }))
}

/** Sum over `axes`, each of which stays as an axis of length 1. */
export function sumOver<T extends Tensor>(x: T, axes: number[]): T {
  return customGradient([x], () => ({
    value: sum<T>(x, axes, true),
    saved: [],
    gradient: (dy: T) => [broadcastTo(dy, x.shape)],
  }))
}
