import { mul, reshape, square, sub, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { spatialMean, sumOver } from '../ops/reduce.ts'
import { sameImages } from './same-images.ts'

/**
 * Mean squared difference of each image over its pixels and channels.
 * @param a, b [N,H,W,C]
 * @returns [N]
 */
export function mseOfImages(a: Tensor4D, b: Tensor4D): Tensor1D {
  sameImages('mean squared difference', a, b)
  return tidy(() => {
    const [count, , , channels] = a.shape
    const sums = sumOver(spatialMean(square<Tensor4D>(sub(a, b))), [1])
    return reshape(mul(sums, 1 / channels), [count])
  })
}
