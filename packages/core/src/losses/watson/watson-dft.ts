import {
  acos,
  add,
  atan2,
  cos,
  div,
  mul,
  reshape,
  sqrt,
  square,
  sub,
  type Tensor1D,
  type Tensor4D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core'
import { sameImages } from '../../metrics/same-images.ts'
import { sumOver } from '../../ops/reduce.ts'
import { BLOCK, type BlockSpectrum, blockFourier, blockRowFourier } from './blocks.ts'
import { type ChannelWeights, inColour } from './colour.ts'
import { EPSILON, type Masking, maskedThresholds, pooled } from './masking.ts'

export interface PhaseMasking extends Masking {
  /** Weight of each coefficient's phase; those of coefficients that are real are 0. */
  readonly phases: readonly number[]
}

/** Parameters of Watson-DFT: of Y, Cb and Cr, and their weights. */
export interface WatsonDft {
  readonly weights: ChannelWeights
  readonly channels: readonly [PhaseMasking, PhaseMasking, PhaseMasking]
}

/** 'published': two-dimensional transforms. 'code': of rows alone, what the public code of the paper computes instead. */
export type FourierForm = 'published' | 'code'

/**
 * Watson-DFT (Czolbe et al. 2020), one value an image: errors of amplitudes under Watson's masking, pooled, and errors of phases.
 * The luminance of the whole batch enters each.
 * @param input, target [N,H,W,3] in [0, 1]; sides of 8 pixels at least, what is beyond whole blocks is left out
 */
export function watsonDft(
  input: Tensor4D,
  target: Tensor4D,
  { weights, channels }: WatsonDft,
  form: FourierForm = 'published',
): Tensor1D {
  sameImages('watson-dft', input, target, BLOCK)
  return inColour(input, target, weights, (i, a, b) => watsonDftOf(a, b, channels[i] ?? channels[0], form))
}

/** Of one channel, [N,H,W,1]. */
export function watsonDftOf(input: Tensor4D, target: Tensor4D, masking: PhaseMasking, form: FourierForm): Tensor1D {
  const transform = form === 'published' ? blockFourier : blockRowFourier
  return tidy(() => {
    const [c0, c1] = [transform(target), transform(input)]
    const [a0, a1] = [amplitude(c0), amplitude(c1)]
    const amplitudes = pooled(div(sub(a0, a1), maskedThresholds(a0, masking)), masking.beta)
    // Just below 1, so that the derivative of acos stays finite; that of cos makes it 0 where phases are equal.
    const angles: Tensor4D = acos(mul(cos(sub(phase(c0), phase(c1))), 1 - 1e-7))
    const phases = sumOver(mul<Tensor4D>(angles, tensor1d([...masking.phases])), [1, 2, 3])
    return add(amplitudes, reshape(phases, amplitudes.shape))
  })
}

const amplitude = ({ real, imaginary }: BlockSpectrum): Tensor4D =>
  sqrt(add(square(add(real, EPSILON)), square(add(imaginary, EPSILON))))

const phase = ({ real, imaginary }: BlockSpectrum): Tensor4D => atan2(imaginary, add(real, EPSILON))
