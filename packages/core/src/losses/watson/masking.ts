import {
  add,
  div,
  mean,
  mul,
  pow,
  reshape,
  sigmoid,
  slice,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tensor1d,
} from '@tensorflow/tfjs-core'
import { absolute } from '../../ops/absolute.ts'
import { sumOver } from '../../ops/reduce.ts'

export const EPSILON = 1e-10

/** What Watson's model learns of one colour channel. */
export interface Masking {
  /** Sensitivity of each coefficient of a block, before masking: positive. */
  readonly sensitivities: readonly number[]
  /** Strength of luminance masking. */
  readonly alpha: number
  /** Strength of contrast masking, in (0, 1). */
  readonly contrast: number
  /** Power at which errors are pooled. */
  readonly beta: number
}

/**
 * Maximum of two positive tensors that is differentiable: their mean weighted by softmax(a, b), from a sigmoid of the
 * difference, which overflows nowhere where exp(a) does.
 */
export function smoothMax<T extends Tensor>(a: Tensor, b: T): T {
  const share = sigmoid(sub(a, b))
  return add<T>(mul(a, share), mul(b, sub(1, share)))
}

/** (|c| + ε)^w · t^(1-w), the threshold that contrast raises, and the larger of it and t. */
export const contrastMasked = (c: Tensor4D, thresholds: Tensor, w: number): Tensor4D =>
  smoothMax(thresholds, mul(pow(add(absolute(c), EPSILON), w), pow(thresholds, 1 - w)))

/**
 * How far each coefficient of the original may be off before it is seen: its sensitivity after luminance masking (by a block's
 * mean against that of the whole batch) and contrast masking.
 * @param c coefficients of the original, or their amplitudes, [N,H,W,K], the block's mean first
 */
export function maskedThresholds(c: Tensor4D, { sensitivities, alpha, contrast }: Masking): Tensor4D {
  const [n, h, w] = c.shape
  const means = add(slice(c, [0, 0, 0, 0], [n, h, w, 1]), EPSILON)
  const overall = add(mean(slice(c, [0, 0, 0, 0], [n, h, w, 1])), EPSILON)
  const luminance = pow(div(means, overall), alpha)
  return contrastMasked(c, mul(tensor1d([...sensitivities]), luminance), contrast)
}

/** (Σ (|d| + ε)^β + ε)^(1/β) over all that an image has: d [N,H,W,K] -> [N]. */
export function pooled(d: Tensor4D, beta: number): Tensor1D {
  const sum = sumOver(add(pow(add(absolute(d), EPSILON), beta), EPSILON), [1, 2, 3])
  return reshape(pow(sum, 1 / beta), [d.shape[0]])
}
