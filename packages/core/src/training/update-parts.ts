import { add, mul, type Tensor } from '@tensorflow/tfjs-core'

/** A running mean: beta·old + (1 - beta)·now. */
export const blend = (old: Tensor, now: Tensor, beta: number): Tensor => add(mul(old, beta), mul(now, 1 - beta))

/** Tensor i of a list that must have it. */
export function at(tensors: readonly Tensor[], i: number): Tensor {
  const tensor = tensors[i]
  if (!tensor) throw new RangeError(`tensor ${i} of ${tensors.length} is missing`)
  return tensor
}
