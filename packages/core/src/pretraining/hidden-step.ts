import {
  add,
  concat,
  mean,
  mul,
  type Rank,
  reshape,
  type Scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core'
import { messageLoss } from '../losses/message.ts'
import { NORM_EPSILON } from '../models/fold.ts'
import { type EmbedOptions, embed } from '../models/hidden/embed.ts'
import { hiddenResidual } from '../models/hidden/encoder.ts'
import { hiddenLogits } from '../models/hidden/network.ts'
import type { Normalise } from '../models/normalise.ts'
import { scope, type Weights } from '../models/weights.ts'
import { batchNorm } from '../ops/batch-norm.ts'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { type ImageNetImages, imageNetToUnit } from '../signal/images.ts'
import { blend } from '../training/blend.ts'
import type { Optimizer, OptimizerState, OptimizerStep } from '../training/optimizer.ts'
import { weightsOfPart } from './weights-of-part.ts'

/** What stays the same from step to step. */
export interface HiddenModel {
  /** Outputs that are summed to a logit. */
  readonly redundancy: number
  readonly optimizer: Optimizer
  readonly embed: EmbedOptions
  /** What share of the running statistics a batch replaces. The published: 0.01. */
  readonly momentum: number
  /** What happens to marked images before they are read. Nothing by default. */
  readonly attack?: (images: ImageNetImages) => ImageNetImages
}

/** What a step changes; an alias, since tf.tidy passes plain records only. */
export type HiddenState = {
  /** All that is learned, by PyTorch's names under `encoder.` and `decoder.`, which is the extractor. */
  weights: Record<string, Tensor>
  /** running_mean and running_var of each norm, likewise. */
  statistics: Record<string, Tensor>
  optimizer: OptimizerState
}

/** A step, and what it was taken from. */
export type HiddenStep = {
  state: HiddenState
  /** Binary cross-entropy of logits and message, before the update. */
  loss: Scalar
  /** Euclidean norm of all gradients, before any clipping. */
  gradientNorm: Scalar
  /** Mean squared difference of marked and plain images in [0,1], before any attack. */
  difference: Scalar
  /** [N,bits] */
  logits: Tensor2D
}

/** What the forward pass gives beside the loss that is differentiated: new running statistics by their names, too. */
type StepResults = Record<string, Tensor> & { loss: Scalar; difference: Scalar; logits: Tensor2D }

/**
 * One step of the published pre-training (Fernandez et al. 2023, after Zhu et al. 2018): mark images, attack them, read them, and
 * move encoder and extractor by the gradients of the message loss alone. BatchNorm takes the batch's own statistics; the running
 * ones move towards them, variances unbiased.
 * @param images [N,H,W,3]
 * @param message [N,bits], -1 or 1
 */
export function hiddenStep(
  model: HiddenModel,
  state: HiddenState,
  images: ImageNetImages,
  message: Tensor2D,
  step: OptimizerStep,
): HiddenStep {
  const { redundancy, optimizer, momentum, attack = (marked) => marked } = model
  return tidy(() => {
    const { aux, gradients } = valueAndGradients(() => {
      const statistics: Record<string, Tensor> = {}
      const part = (name: string) => weightsOfPart(name, state.weights)
      const normalise = (name: string) => batchNormalise(name, part(name), state.statistics, statistics, momentum)
      const delta = hiddenResidual(part('encoder'), images, message, normalise('encoder'))
      const marked = embed(images, delta, model.embed)
      const logits = hiddenLogits(part('decoder'), attack(marked), redundancy, normalise('decoder'))
      const bits: Tensor2D = mul(add(message, 1), 0.5)
      const loss = messageLoss(logits, bits, 1)
      const difference: Scalar = mean(square(sub(imageNetToUnit(marked), imageNetToUnit(images))))
      const aux: StepResults = { ...statistics, loss, difference, logits }
      return { loss, aux }
    }, state.weights)
    const { loss, difference, logits, ...statistics } = aux
    const names = Object.keys(state.weights)
    const of = (record: Readonly<Record<string, Tensor>>) => names.map((name) => record[name] ?? missing(name))
    const squares = of(gradients).map((gradient) => reshape<Rank.R1>(sum(square(gradient)), [1]))
    const updated = optimizer.update(of(state.weights), of(gradients), state.optimizer, step)
    const weights = Object.fromEntries(names.map((name, i) => [name, updated.parameters[i] ?? missing(name)]))
    return {
      state: { weights, statistics, optimizer: updated.state },
      loss,
      difference,
      gradientNorm: sqrt(sum<Scalar>(concat(squares))),
      logits,
    }
  })
}

/** Normalises by the batch, and leaves in `moved` what the running statistics become. */
function batchNormalise(
  part: string,
  weights: Weights,
  running: Readonly<Record<string, Tensor>>,
  moved: Record<string, Tensor>,
  momentum: number,
): Normalise {
  return (layer, x) => {
    const norm = scope(weights).at(layer)
    const {
      y,
      mean: batchMean,
      variance,
    } = batchNorm(x, norm.tensor<Tensor1D>('weight'), norm.tensor<Tensor1D>('bias'), NORM_EPSILON)
    const count = x.size / x.shape[3]
    const towards = (name: string, batch: Tensor) => {
      const full = `${part}.${layer}.${name}`
      moved[full] = blend(running[full] ?? missing(full), batch, 1 - momentum)
    }
    towards('running_mean', batchMean)
    towards('running_var', mul(variance, count / (count - 1)))
    return y
  }
}

const missing = (name: string): never => {
  throw new RangeError(`there is no tensor ${name} in the state`)
}
