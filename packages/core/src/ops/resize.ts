import { avgPool, image, mul, type Tensor4D } from '@tensorflow/tfjs-core'
import { customGradient } from './custom-gradient.ts'

/** Each pixel doubled in both directions: x [N,H,W,C] -> [N,2H,2W,C]. Gradient: the sum over each 2x2 block. */
export function nearestUp2(x: Tensor4D): Tensor4D {
  const [, height, width] = x.shape
  return customGradient([x], () => ({
    value: image.resizeNearestNeighbor(x, [2 * height, 2 * width]),
    saved: [],
    gradient: (dy: Tensor4D) => [mul(avgPool(dy, 2, 2, 'valid'), 4)],
  }))
}
