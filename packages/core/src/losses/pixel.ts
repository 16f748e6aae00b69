import { mean, reshape, square, sub, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { sameImages } from '../metrics/same-images.ts'
import { absolute } from '../ops/absolute.ts'
import { spatialMean } from '../ops/reduce.ts'

/** Mean of squared differences of each image, [N]. */
export const squaredDistance = (a: Tensor4D, b: Tensor4D): Tensor1D => distance('mse', a, b, square)

/** Mean of absolute differences of each image, [N]; the gradient is 0 where two values are equal. */
export const absoluteDistance = (a: Tensor4D, b: Tensor4D): Tensor1D => distance('l1', a, b, absolute)

function distance(name: string, a: Tensor4D, b: Tensor4D, of: (difference: Tensor4D) => Tensor4D): Tensor1D {
  sameImages(name, a, b)
  return tidy(() => reshape(mean(spatialMean(of(sub(a, b))), 1), [a.shape[0]]))
}
