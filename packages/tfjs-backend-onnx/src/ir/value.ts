import type { Permutation } from './permutation.ts'
import type { IrTensor } from './tensor.ts'

/**
 * A tfjs tensor while it is lowered: logical shape (NHWC, HWIO, …) over a tensor of the graph in some physical order.
 * Physical axis p of `raw` is logical axis perm[p]. Its dimension is that of `shape`, or 1 where the values repeat along the
 * axis and nobody has needed the copies yet (broadcasts are lazy). A tensor of one repeated value may be a raw scalar of any
 * rank: then `perm` is the identity.
 */
export interface Value {
  readonly raw: IrTensor
  readonly shape: readonly number[]
  readonly perm: Permutation
}
