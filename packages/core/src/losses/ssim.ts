import { sub, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { msSsim } from '../metrics/ms-ssim.ts'
import { ssim } from '../metrics/ssim.ts'

/** 1 - SSIM of each image, [N]: Gaussian windows with zeros beyond the borders, as pytorch-ssim and the reference take it. */
export const ssimDistance = (a: Tensor4D, b: Tensor4D): Tensor1D => tidy(() => sub(1, ssim(a, b, { padding: 'zero' })))

/** 1 - MS-SSIM of each image, [N]; sides of 161 pixels at least. */
export const msSsimDistance = (a: Tensor4D, b: Tensor4D): Tensor1D => tidy(() => sub(1, msSsim(a, b)))
