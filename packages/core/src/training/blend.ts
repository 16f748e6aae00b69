import { add, mul, type Tensor } from '@tensorflow/tfjs-core'

/** A running mean: beta·old + (1 - beta)·now. */
export const blend = (old: Tensor, now: Tensor, beta: number): Tensor => add(mul(old, beta), mul(now, 1 - beta))
