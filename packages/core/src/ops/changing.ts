import { type Tensor1D, tensor1d } from '@tensorflow/tfjs-core'

/** A number that differs from call to call, as [1]: compiling engines take what has no axis for a literal of the program. */
export const changing = (value: number): Tensor1D => tensor1d([value])
