import { add, mul, type Tensor, type Tensor1D, tensor1d } from '@tensorflow/tfjs-core'

/** A number that differs from step to step, as [1]: compiling engines take what has no axis for a literal of the program. */
export const changing = (value: number): Tensor1D => tensor1d([value])

/** A running mean: beta·old + (1 - beta)·now. */
export const blend = (old: Tensor, now: Tensor, beta: number): Tensor => add(mul(old, beta), mul(now, 1 - beta))

/** Tensor i of a list that must have it. */
export function at(tensors: readonly Tensor[], i: number): Tensor {
  const tensor = tensors[i]
  if (!tensor) throw new RangeError(`tensor ${i} of ${tensors.length} is missing`)
  return tensor
}
