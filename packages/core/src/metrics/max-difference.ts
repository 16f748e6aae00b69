import { max, sub, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { absolute } from '../ops/absolute.ts'
import { sameImages } from './same-images.ts'

/** Largest absolute difference of any value of each image: a, b [N,H,W,C] -> [N]. */
export function maxDifference(a: Tensor4D, b: Tensor4D): Tensor1D {
  sameImages('the largest difference', a, b)
  return tidy(() => max<Tensor1D>(absolute<Tensor4D>(sub(a, b)), [1, 2, 3]))
}
