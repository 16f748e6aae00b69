import {
  abs,
  add,
  clipByValue,
  mean,
  mul,
  type Scalar,
  step as sign,
  square,
  stack,
  sub,
  type Tensor1D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { structureLoss } from '../losses/structure.ts'
import type { LatentDecoder, LatentEncoder } from '../models/autoencoders/autoencoder.ts'
import type { Weights } from '../models/weights.ts'
import { customGradient } from '../ops/custom-gradient.ts'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import type { UnitImages } from '../signal/images.ts'
import { clipByGlobalNorm } from '../training/clip.ts'
import { type FlatLayout, flatten, unflatten } from '../training/flat.ts'
import type { Optimizer } from '../training/optimizer.ts'
import type { RecordedStep, VectorGroups } from './training-run.ts'
import { groupOf, updatedGroups } from './vector-groups.ts'
import { weightsOfPart } from './weights-of-part.ts'

/** What stays the same from step to step. */
export interface AutoencoderModel {
  readonly encoder: Pick<LatentEncoder, 'apply'>
  readonly decoder: Pick<LatentDecoder, 'apply'>
  readonly layout: FlatLayout
  readonly optimizer: Optimizer
  /** Of the mean absolute error, beside the mean squared error. */
  readonly absoluteWeight: number
  /** Of 1 - SSIM. */
  readonly structureWeight: number
  readonly maxGradientNorm: number
}

/**
 * One step of training both halves: weights, gradients and update are one graph. The loss, before the update:
 *   mean((r - x)² + absoluteWeight |r - x|) + structureWeight (1 - SSIM(r, x))   with r = decode(encode(x))
 * @param number of this step, from 1
 * @returns metrics [3]: loss, mean squared error of clamped images, 1 - SSIM
 */
export function autoencoderStep(
  model: AutoencoderModel,
  groups: VectorGroups,
  images: UnitImages,
  number: number,
  learningRate: number,
): RecordedStep {
  const { encoder, decoder, layout, absoluteWeight, structureWeight, maxGradientNorm } = model
  return tidy(() => {
    const parameters: Weights = unflatten(layout, groupOf(groups, 'weights'))
    const { aux, gradients } = valueAndGradients(() => {
      const latents = encoder.apply(weightsOfPart('encoder', parameters), images)
      const made = decoder.apply(weightsOfPart('decoder', parameters), latents)
      const structure = structureLoss(made, images)
      const loss = add<Scalar>(errorLoss(made, images, absoluteWeight), mul(structure, structureWeight))
      return { loss, aux: { loss, structure, made } }
    }, parameters)
    const error = mean<Scalar>(square(sub(clipByValue(aux.made, 0, 1), images)))
    const metrics = stack([aux.loss, error, aux.structure]) as Tensor1D
    const gradient = clipByGlobalNorm(flatten(layout, gradients), maxGradientNorm)
    return { groups: updatedGroups(model, groups, gradient, { step: number, learningRate }), metrics }
  })
}

/** mean(d² + weight |d|) of d = made - images. Gradient by `made`: (2d + weight sign(d)) / count. */
function errorLoss(made: UnitImages, images: UnitImages, weight: number): Scalar {
  return customGradient([made], () => {
    const difference: Tensor4D = sub(made, images)
    return {
      value: mean<Scalar>(add(square(difference), mul(abs(difference), weight))),
      saved: [difference] as [Tensor4D],
      gradient: (dy: Scalar, [d]) => [mul(add(mul(d, 2), mul(sign(d, -1), weight)), mul(dy, 1 / made.size))],
    }
  })
}
