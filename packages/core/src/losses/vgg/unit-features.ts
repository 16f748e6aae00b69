import { add, div, sqrt, square, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { ofPositive } from '../../ops/of-positive.ts'
import { sumOver } from '../../ops/reduce.ts'

const EPSILON = 1e-10

/** Features divided by their Euclidean norm over channels: c [N,H,W,C]. Where all of them are 0, the gradient is 0, not infinite. */
export const unitFeatures = (c: Tensor4D): Tensor4D =>
  tidy(() => div(c, add(ofPositive(sumOver<Tensor4D>(square(c), [3]), sqrt), EPSILON)))
