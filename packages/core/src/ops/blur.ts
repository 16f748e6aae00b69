import { depthwiseConv2d, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'

const ROW = [1 / 8, 3 / 8, 3 / 8, 1 / 8]

/**
 * Halves the resolution through a low-pass filter: x [N,H,W,C] -> [N,ceil(H/2),ceil(W/2),C]. The filter is the outer product of
 * [1 3 3 1]/8 with itself, with a zero around the image. What comes of it hardly depends on which pixels are even (Zhang 2019),
 * which a strided convolution's result does.
 */
export function blurDown2(x: Tensor4D): Tensor4D {
  return tidy(() => {
    const channels = x.shape[3]
    const kernel = Float32Array.from({ length: 16 * channels }, (_, i) => {
      const place = Math.floor(i / channels)
      return at(ROW, Math.floor(place / 4)) * at(ROW, place % 4)
    })
    return depthwiseConv2d(x, tensor4d(kernel, [4, 4, channels, 1]), 2, 'same')
  })
}
