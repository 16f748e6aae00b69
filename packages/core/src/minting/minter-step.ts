import {
  abs,
  add,
  cast,
  clipByValue,
  concat,
  div,
  equal,
  greater,
  mean,
  mul,
  type Scalar,
  square,
  stack,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { extractLogits } from '../inference/graphs.ts'
import type { ImageLoss } from '../losses/image.ts'
import { messageLoss } from '../losses/message.ts'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { runStages } from '../models/autoencoders/stages.ts'
import type { Extractor } from '../models/extractor.ts'
import { changingInput } from '../ops/hints.ts'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import type { RecordedStep, VectorGroups } from '../pretraining/training-run.ts'
import { groupOf, updatedGroups } from '../pretraining/vector-groups.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { clipByGlobalNorm } from '../training/clip.ts'
import { type FlatLayout, flatten, unflatten } from '../training/flat.ts'
import type { Optimizer, OptimizerStep } from '../training/optimizer.ts'
import { type AttackTensors, attacked } from '../transforms/per-image/attacks.ts'
import type { MinterArchitecture } from './architecture.ts'
import { modulationOf } from './modulation.ts'
import type { MintingPlan } from './plan.ts'
import { decoderWeights, extractorOfParameters } from './trained-beside.ts'

/** What stays the same from step to step. */
export interface MinterModel {
  readonly architecture: MinterArchitecture
  readonly tail: MintingPlan['tail']
  readonly decoder: LatentDecoder
  readonly extractor: Extractor
  /** Share of the learning rate that the extractor is trained with; 0 leaves it as it is. */
  readonly extractorRate: number
  /** The same of the decoder's late stages. */
  readonly decoderRate: number
  readonly layout: FlatLayout
  readonly optimizer: Optimizer
  readonly imageLoss: ImageLoss
  readonly maxGradientNorm: number
  /** The decoder's stages are computed again in the backward pass instead of being kept. */
  readonly gradientCheckpointing: boolean
}

/** What a step is taken on. */
export type MinterBatch = {
  /** What the decoder's head gives, [N,h,w,C]. */
  features: Tensor4D
  /** What the original decoder makes of it, [N,H,W,3]. */
  originals: UnitImages
  /** A key for each image, [N,bits], 0 or 1; .5 for bits that are not in use yet. */
  keys: Tensor2D
  /** What happens to each image before it is read, where something does. */
  attacks?: AttackTensors
}

/** What the loss is made of. */
export interface StepWeights {
  readonly lambdaImage: number
  readonly temperature: number
}

/** Measured values before those of each image. */
export const MEASURED = ['loss', 'message', 'image', 'error'] as const

/**
 * One step of a minter's training, a single graph: keys go through the network to scales, features through the decoder's tail with
 * them, and the extractor reads the images, each its own key. The decoder's weights stay as they are, and the extractor's, unless they are
 * trained too; the loss, before the update, of the bits in use:
 *   BCE(temperature · logits, keys) + lambdaImage · imageLoss(decoded, originals)
 * @param weights differ from step to step
 * @returns metrics [4 + N + bits]: loss, message loss, image loss, mean squared error of clamped images; of each image its matching bits
 *   in use; of each bit the share of images that it was read right in
 */
export function minterStep(
  model: MinterModel,
  groups: VectorGroups,
  { features, originals, keys, attacks }: MinterBatch,
  { lambdaImage, temperature }: StepWeights,
  step: OptimizerStep,
): RecordedStep {
  const { architecture, tail, decoder, extractorRate, decoderRate, layout, imageLoss, gradientCheckpointing } = model
  return tidy(() => {
    const parameters = unflatten(layout, groupOf(groups, 'weights'))
    const [lambda, factor] = [changingInput(lambdaImage), changingInput(temperature)]
    const used = cast<Tensor2D>(greater(abs(sub(keys, 0.5)), 0.25), 'float32')
    const { aux, gradients } = valueAndGradients(() => {
      const modulation = modulationOf(architecture, parameters, keys)
      const base = decoderRate > 0 ? decoderWeights(decoder, parameters, decoderRate) : decoder.weights
      const weights = { ...base, ...modulation }
      const decoded = asUnit(runStages(tail, weights, features, { gradientCheckpointing }))
      const extractor =
        extractorRate > 0 ? extractorOfParameters(model.extractor, parameters, extractorRate) : model.extractor
      const logits = extractLogits(extractor, attacks ? attacked(decoded, attacks) : decoded)
      const message = messageLossOf(mul(logits, factor), keys, used)
      const image = imageLoss.of(decoded, originals)
      const loss: Scalar = add(message, mul(image, lambda))
      return { loss, aux: { loss, message, image, decoded, logits } }
    }, parameters)
    const right = mul<Tensor2D>(cast(equal(greater(aux.logits, 0), greater(keys, 0.5)), 'float32'), used)
    const error = mean<Scalar>(square(sub(clipByValue(aux.decoded, 0, 1), clipByValue(originals, 0, 1))))
    const measured = stack([aux.loss, aux.message, aux.image, error]) as Tensor1D
    const metrics = concat<Tensor1D>([measured, sum<Tensor1D>(right, 1), mean<Tensor1D>(right, 0)])
    const gradient = clipByGlobalNorm(flatten(layout, gradients), model.maxGradientNorm)
    return { groups: updatedGroups(model, groups, gradient, step), metrics }
  })
}

/** The message loss of the bits in use alone: at a logit of 0 and a key of .5 the others add ln 2 each, and no gradient. */
function messageLossOf(scaled: Tensor2D, keys: Tensor2D, used: Tensor2D): Scalar {
  const share = mean<Scalar>(used)
  const unused = mul(sub(1, share), Math.LN2)
  return div(sub(messageLoss(mul(scaled, used), keys, 1), unused), share)
}
