import { log, mul, neg, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { mseOfImages } from './mse-of-images.ts'
import { sameImages } from './same-images.ts'

/**
 * Peak signal-to-noise ratio of each image in dB, 10 log10(1 / mean squared difference) over its pixels and channels; Infinity for
 * equal images. The mean of several is the mean of these values, as the field reports it, not the value of the mean error.
 * Values are taken as they are: what a decoder made is rounded to 8 bits first where it is judged as a picture (`toBytes`, `psnr`).
 * @param a, b [N,H,W,C] in [0, 1]
 * @returns [N]
 */
export function psnrOfImages(a: Tensor4D, b: Tensor4D): Tensor1D {
  sameImages('psnr', a, b)
  return tidy(() => neg(mul(log(mseOfImages(a, b)), 10 / Math.LN10)))
}
