import {
  abs,
  add,
  cast,
  clipByValue,
  concat,
  equal,
  exp,
  greater,
  log1p,
  mean,
  mul,
  neg,
  type Rank,
  relu,
  reshape,
  type Scalar,
  sigmoid,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core'
import { NORM_EPSILON } from '../models/fold.ts'
import { lightLogits } from '../models/light/network.ts'
import type { Normalise } from '../models/normalise.ts'
import type { Weights } from '../models/weights.ts'
import { batchNorm } from '../ops/batch-norm.ts'
import { customGradient } from '../ops/custom-gradient.ts'
import { changingInput } from '../ops/hints.ts'
import { valueAndGradients } from '../ops/value-and-gradients.ts'
import { asUnit, type UnitImages, unitToImageNet } from '../signal/images.ts'
import { blend } from '../training/blend.ts'
import { clipByGlobalNorm } from '../training/clip.ts'
import { type FlatLayout, flatten, unflatten } from '../training/flat.ts'
import type { Optimizer } from '../training/optimizer.ts'
import { type AttackTensors, attacked } from '../transforms/per-image/attacks.ts'
import type { Curriculum } from './curriculum.ts'
import { residualOf } from './embedder.ts'
import type { RecordedStep, VectorGroups } from './training-run.ts'
import { groupOf, updatedGroups } from './vector-groups.ts'
import { affineOf, type NormLayer } from './watermark-pair.ts'
import { weightsOfPart } from './weights-of-part.ts'

/** How much of the running statistics a step replaces. */
const STATISTICS_SHARE = 0.02

/**
 * Of the mean square of the residual's drive in the loss. Nothing else keeps the drive from growing until the tangent is flat
 * everywhere: then no gradient is left to write another bit with, and a message stops growing at some twenty bits.
 */
const DRIVE_WEIGHT = 0.02

/** What stays the same from step to step. */
export interface PairModel {
  readonly bits: number
  readonly layout: FlatLayout
  readonly norms: readonly NormLayer[]
  readonly optimizer: Optimizer
  readonly maxGradientNorm: number
}

/** A step's data. */
export interface PairBatch {
  readonly images: UnitImages
  /** [N,bits], 0 or 1. */
  readonly messages: Tensor2D
  /** [N,S/2,S/2,4] */
  readonly noise: Tensor4D
  readonly attacks: AttackTensors
}

/**
 * One joint step: encoder, attacks, extractor, gradients and update are one graph. The loss, before the update, is the binary
 * cross-entropy of logits and messages over the bits in use, and a little of the residual's drive. 'statistics', running means and variances, advance with it.
 * @param number of this step, from 1
 * @returns metrics [2 + N + bits]: message loss, mean squared difference of marked and plain images, each image's matching bits in use,
 *   and the share of images that each bit was read right in
 */
export function pairStep(
  model: PairModel,
  groups: VectorGroups,
  { images, messages, noise, attacks }: PairBatch,
  curriculum: Curriculum,
  number: number,
  learningRate: number,
): RecordedStep {
  const { layout, norms, maxGradientNorm, bits } = model
  return tidy(() => {
    const parameters = unflatten(layout, groupOf(groups, 'weights'))
    const use = tensor1d(Float32Array.from({ length: bits }, (_, i) => (i < curriculum.bits ? 1 : 0)))
    const inUse = changingInput(1 / (curriculum.bits * messages.shape[0]))
    const plain = asUnit(add(mul(sub(images, 0.5), changingInput(curriculum.contrast)), 0.5))
    const signs = mul<Tensor2D>(sub(mul(messages, 2), 1), use)
    const { aux, gradients } = valueAndGradients(() => {
      const statistics: Record<string, Tensor1D> = {}
      const normalise = (part: string) => batchNormalise(parameters, part, statistics)
      const { residual, drive } = residualOf(
        weightsOfPart('embedder', parameters),
        unitToImageNet(plain),
        signs,
        noise,
        normalise('embedder'),
      )
      const marked = clipByValue(add<Tensor4D>(plain, mul(residual, changingInput(curriculum.amplitude))), 0, 1)
      const seen = unitToImageNet(asUnit(attacked(marked, attacks)))
      const logits = lightLogits(weightsOfPart('extractor', parameters), seen, normalise('extractor'))
      const messageLoss = maskedMessageLoss(logits, messages, use, inUse)
      const loss: Scalar = add(messageLoss, mul(mean(square(drive)), DRIVE_WEIGHT))
      const gathered = concat(norms.map(({ name }) => statistics[name] ?? missing(name)))
      return { loss, aux: { messageLoss, logits, marked, gathered } }
    }, parameters)
    const right = mul<Tensor2D>(cast(equal(greater(aux.logits, 0), greater(messages, 0.5)), 'float32'), use)
    const difference = mean(square(sub(aux.marked, plain)))
    const scalars = [aux.messageLoss, difference].map((x) => reshape<Rank.R1>(x, [1]))
    const metrics = concat<Tensor1D>([...scalars, sum<Tensor1D>(right, 1), mean<Tensor1D>(right, 0)])
    const gradient = clipByGlobalNorm(flatten(layout, gradients), maxGradientNorm)
    const updated = updatedGroups(model, groups, gradient, { step: number, learningRate })
    const [before = aux.gathered] = groupOf(groups, 'statistics')
    const statistics = [blend(before, aux.gathered, 1 - STATISTICS_SHARE) as Tensor1D]
    return { groups: { ...updated, statistics }, metrics }
  })
}

/** Batch statistics for layers of a part; each layer's mean and variance [2C] are left in `statistics` by its full name. */
function batchNormalise(weights: Weights, part: string, statistics: Record<string, Tensor1D>): Normalise {
  return (layer, x) => {
    const name = `${part}.${layer}`
    const [scale, shift] = affineOf(weights, name) ?? [ones(x.shape[3]), zeros(x.shape[3])]
    const { y, mean, variance } = batchNorm(x, scale, shift, NORM_EPSILON)
    statistics[name] = concat([mean, variance])
    return y
  }
}

/**
 * Binary cross-entropy of logits [N,bits] and messages over the bits in use: the sum of max(s, 0) - s·m + log(1 + e^-|s|) where
 * `use` [bits] is 1, times `scale`. Gradient by the logits: scale·use·(σ(s) - m).
 */
function maskedMessageLoss(logits: Tensor2D, messages: Tensor2D, use: Tensor1D, scale: Scalar): Scalar {
  return customGradient([logits], () => {
    const each = add(sub(relu(logits), mul(logits, messages)), log1p(exp(neg(abs(logits)))))
    return {
      value: reshape<Rank.R0>(mul(sum(mul(each, use)), scale), []),
      saved: [logits] as [Tensor2D],
      gradient: (dy: Scalar, [s]) => [mul(mul(sub(sigmoid(s), messages), use), mul(scale, dy))],
    }
  })
}

/** The identity of a norm whose scale and shift come from elsewhere. */
const ones = (channels: number): Tensor1D => tensor1d(new Float32Array(channels).fill(1))
const zeros = (channels: number): Tensor1D => tensor1d(new Float32Array(channels))

const missing = (name: string): never => {
  throw new RangeError(`layer ${name} was not normalised`)
}
