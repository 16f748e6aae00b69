import { matMul, reshape, type Tensor2D, type Tensor4D, tensor2d, tidy } from '@tensorflow/tfjs-core'

/** A linear map of each pixel's channels: x [N,H,W,C] -> [N,H,W,D]. @param matrix C rows of D weights: columns are what is made */
export const mapChannels = (x: Tensor4D, matrix: number[][]): Tensor4D =>
  tidy(() => {
    const [n, h, w, channels] = x.shape
    const pixels: Tensor2D = reshape(x, [-1, channels])
    return reshape(matMul(pixels, tensor2d(matrix)), [n, h, w, -1])
  })
