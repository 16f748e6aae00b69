import { mul, sign, type Tensor } from '@tensorflow/tfjs-core'

/** |x| whose gradient at 0 is 0: tfjs' own Abs has -1 there. */
export const absolute = <T extends Tensor>(x: T): T => mul<T>(x, sign(x))
