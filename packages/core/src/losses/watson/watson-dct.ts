import { div, sub, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { sameImages } from '../../metrics/same-images.ts'
import { BLOCK, blockCosine } from './blocks.ts'
import { type ChannelWeights, inColour } from './colour.ts'
import { type Masking, maskedThresholds, pooled } from './masking.ts'

/** Parameters of Watson-DCT: of Y, Cb and Cr, and their weights. */
export interface WatsonDct {
  readonly weights: ChannelWeights
  readonly channels: readonly [Masking, Masking, Masking]
}

/**
 * Watson's perceptual model on DCT coefficients (Watson 1993, as Czolbe et al. 2020 make it differentiable), one value an image.
 * The luminance of the whole batch enters each.
 * @param input, target [N,H,W,3] in [0, 1]; sides of 8 pixels at least, what is beyond whole blocks is left out
 */
export function watsonDct(input: Tensor4D, target: Tensor4D, { weights, channels }: WatsonDct): Tensor1D {
  sameImages('watson-dct', input, target, BLOCK)
  return inColour(input, target, weights, (i, a, b) => watsonDctOf(a, b, channels[i] ?? channels[0]))
}

/** Of one channel, [N,H,W,1]. */
export function watsonDctOf(input: Tensor4D, target: Tensor4D, masking: Masking): Tensor1D {
  return tidy(() => {
    const [c0, c1] = [blockCosine(target), blockCosine(input)]
    return pooled(div(sub(c0, c1), maskedThresholds(c0, masking)), masking.beta)
  })
}
