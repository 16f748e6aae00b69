import {
  add,
  cast,
  clipByValue,
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
  tidy,
} from '@tensorflow/tfjs-core'
import { decode, extractLogits } from '../inference/graphs.ts'
import type { ImageLoss } from '../losses/image.ts'
import { messageLoss } from '../losses/message.ts'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { type FlatLayout, flatten, unflatten } from '../training/flat.ts'
import { type FlatState, flatOptimizer } from '../training/flat-optimizer.ts'
import type { Optimizer, OptimizerStep } from '../training/optimizer.ts'
import { type AttackTensors, attacked } from '../transforms/per-image/attacks.ts'
import type { FrozenBatch } from './frozen-work.ts'

/** What stays the same from step to step. */
export interface FinetuneModel {
  readonly decoder: LatentDecoder
  readonly extractor: Extractor
  readonly layout: FlatLayout
  readonly imageLoss: ImageLoss
  readonly lambdaImage: number
  readonly temperature: number
  readonly optimizer: Optimizer
  /** The decoder's stages are computed again in the backward pass instead of being kept. Default false. */
  readonly gradientCheckpointing?: boolean
}

/** What a step is taken on: what no step changes, and what happens to each image before it is read, where something does. */
export type FinetuneBatch = FrozenBatch & { attacks?: AttackTensors }

/** What a step changes: all weights as the layout's vectors, and as many vectors by each name of the optimiser's state. */
export type FinetuneState = { weights: Tensor1D[]; optimizer: FlatState }

/** `metrics`, 5 values: loss, message loss, image loss, matching bits, mean squared error of clamped images. */
export type GradientStep = { metrics: Tensor1D; gradient: Tensor1D[] }

/** What a step gives. */
export type FinetuneStep = FinetuneState & GradientStep

/**
 * One step of fine-tuning as a pure function of tensors; nothing is read, so that a compiling engine makes one graph of
 * decoder, extractor, losses, their gradients and the update. The loss is that before the update:
 *   BCE(temperature · logits, key) + lambda · imageLoss(decoded, originals)
 * Where there are attacks, logits are those of attacked images.
 * @param key [1,bits], 0 or 1
 */
export function finetuneStep(
  model: FinetuneModel,
  state: FinetuneState,
  batch: FinetuneBatch,
  key: Tensor2D,
  step: OptimizerStep,
): FinetuneStep {
  return tidy(() => {
    const { metrics, gradient } = lossAndGradient(model, state.weights, batch, key)
    return { ...update(model, state, gradient, step), metrics, gradient }
  })
}

/** The first half of a step: loss and gradient by all weights for a batch. */
export function lossAndGradient(
  { decoder, extractor, layout, imageLoss, lambdaImage, temperature, gradientCheckpointing = false }: FinetuneModel,
  weights: readonly Tensor1D[],
  { latents, originals, attacks }: FinetuneBatch,
  key: Tensor2D,
): GradientStep {
  return tidy(() => {
    const parameters = unflatten(layout, weights)
    const { aux, gradients } = valueAndGradients(() => {
      const decoded = decode({ decoder }, latents, parameters, { gradientCheckpointing })
      const logits = extractLogits(extractor, attacks ? attacked(decoded, attacks) : decoded)
      const message = messageLoss(logits, key, temperature)
      const image = imageLoss.of(decoded, originals)
      const loss: Scalar = add(message, mul(image, lambdaImage))
      return { loss, aux: { loss, message, image, decoded, logits } }
    }, parameters)
    const matches = sum<Scalar>(cast(equal(greater(aux.logits, 0), greater(key, 0.5)), 'float32'))
    const clamped = sub(clipByValue(aux.decoded, 0, 1), clipByValue(originals, 0, 1))
    const metrics = stack([aux.loss, aux.message, aux.image, matches, mean<Scalar>(square(clamped))])
    return { metrics: metrics as Tensor1D, gradient: flatten(layout, gradients) }
  })
}

/** The second half: new weights, and the optimiser's new state. */
export function update(
  { optimizer, layout }: Pick<FinetuneModel, 'optimizer' | 'layout'>,
  state: FinetuneState,
  gradient: readonly Tensor1D[],
  step: OptimizerStep,
): FinetuneState {
  const updated = flatOptimizer(optimizer, layout).update(state.weights, gradient, state.optimizer, step)
  return { weights: updated.weights, optimizer: updated.state }
}
