import {
  add,
  div,
  greater,
  maximum,
  mul,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tidy,
  where,
} from '@tensorflow/tfjs-core'
import { changing } from '../ops/changing.ts'
import { at, blend } from './update-parts.ts'

/**
 * An optimiser as a pure function: parameters, gradients and moments in, new ones out, nothing disposed and nothing read.
 * All but Lamb treat every element alike, so a whole model may be one flat vector: a handful of operations instead of a
 * handful a tensor. What changes between steps goes in as scalar tensors, so that a compiled step is used again and again.
 */
export interface Optimizer {
  readonly name: string
  /** Vectors of state it keeps for each parameter, all zero before the first step. */
  readonly moments: number
  /** False where an update depends on which tensor an element belongs to (Lamb's norms). */
  readonly elementwise: boolean
  /**
   * One step: parameters p, gradients g of the same shapes, and moments[k] shaped as the parameters.
   * @param step number of this step, from 1
   * @param learningRate 0 leaves the parameters and still advances the moments
   */
  update(
    parameters: readonly Tensor[],
    gradients: readonly Tensor[],
    moments: readonly (readonly Tensor[])[],
    step: number,
    learningRate: number,
  ): Updated
}

/** What an update gives; an alias, since tf.tidy passes plain records only. */
export type Updated = {
  parameters: Tensor[]
  moments: Tensor[][]
}

export interface SgdOptions {
  readonly momentum?: number
  /** Added to the gradient, times the parameter. */
  readonly weightDecay?: number
  readonly nesterov?: boolean
}

/** PyTorch's SGD: g += d·p; b = momentum·b + g (the first b is g); p -= lr·b, with nesterov lr·(g + momentum·b). */
export function sgd({ momentum = 0, weightDecay = 0, nesterov = false }: SgdOptions = {}): Optimizer {
  return {
    name: 'sgd',
    moments: 1,
    elementwise: true,
    update: (parameters, gradients, [buffers = []], _step, learningRate) =>
      tidy(() => {
        const lr = changing(learningRate)
        return each(parameters, (p, i) => {
          const g = weightDecay ? add(at(gradients, i), mul(p, weightDecay)) : at(gradients, i)
          const buffer = add(mul(at(buffers, i), momentum), g)
          const direction = nesterov ? add(g, mul(buffer, momentum)) : buffer
          return [sub(p, mul(direction, lr)), buffer]
        })
      }),
  }
}

export interface AdamOptions {
  /** Decay of the first and the second moment. Default .9 and .999. */
  readonly betas?: readonly [number, number]
  /** Added to the corrected root of the second moment. Default 1e-8. */
  readonly epsilon?: number
  /** Adam: added to the gradient, times the parameter (default 0). AdamW: the parameter shrinks by lr·d first (default .01). */
  readonly weightDecay?: number
}

/** Adam with bias correction: p -= lr · (m/(1-b1^t)) / (√v/√(1-b2^t) + eps); weight decay goes into the gradient. */
export function adam(options: AdamOptions = {}): Optimizer {
  const { weightDecay = 0 } = options
  return adamLike('adam', options, {
    gradient: (g, p) => (weightDecay ? add(g, mul(p, weightDecay)) : g),
    keep: () => undefined,
  })
}

/** AdamW: p shrinks to (1 - lr·d)·p, then Adam's step with the plain gradient. */
export function adamW(options: AdamOptions = {}): Optimizer {
  const { weightDecay = 0.01 } = options
  return adamLike('adamw', options, { gradient: (g) => g, keep: (lr) => 1 - lr * weightDecay })
}

interface Decay {
  gradient(g: Tensor, p: Tensor): Tensor
  /** What the parameter is multiplied by before the step. */
  keep(learningRate: number): number | undefined
}

/** The moments are PyTorch's divided by 1 - beta: m = b1·m + g, v = b2·v + g². */
function adamLike(name: string, { betas = [0.9, 0.999], epsilon = 1e-8 }: AdamOptions, decay: Decay): Optimizer {
  return {
    name,
    moments: 2,
    elementwise: true,
    update: (parameters, gradients, [first = [], second = []], step, learningRate) =>
      tidy(() => {
        // Moments as plain sums, and all that is one number brought to the rate: every operation is a pass over all weights.
        const root = Math.sqrt((1 - betas[1]) / (1 - betas[1] ** step))
        const rate = changing((learningRate * (1 - betas[0])) / (1 - betas[0] ** step) / root)
        const least = changing(epsilon / root)
        const keep = decay.keep(learningRate)
        const shrink = keep === undefined ? undefined : changing(keep)
        return each(parameters, (p, i) => {
          const g = decay.gradient(at(gradients, i), p)
          const m = add(mul(at(first, i), betas[0]), g)
          const v = add(mul(at(second, i), betas[1]), square(g))
          const direction = div(m, add(sqrt(v), least))
          return [sub(shrink ? mul(p, shrink) : p, mul(direction, rate)), m, v]
        })
      }),
  }
}

export interface LambOptions extends AdamOptions {
  /** Gradients are divided by max(1, global norm / this). Default 1. */
  readonly maxGradientNorm?: number
}

/**
 * Lamb as timm 0.9 has it: gradients clipped by their global norm, Adam's direction u plus d·p, and p -= lr·r·u with the trust
 * ratio r = |p|/|u| of each tensor, unclamped; r = 1 where either norm is 0, and for every tensor where d = 0.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const { betas = [0.9, 0.999], epsilon = 1e-6, weightDecay = 0.01, maxGradientNorm = 1 } = options
  return {
    name: 'lamb',
    moments: 2,
    elementwise: false,
    update: (parameters, gradients, [first = [], second = []], step, learningRate) =>
      tidy(() => {
        const lr = changing(learningRate)
        const mean = changing(1 / (1 - betas[0] ** step))
        const root = changing(1 / Math.sqrt(1 - betas[1] ** step))
        const squares = gradients.map((g) => sum(square(g))).reduce((a, b) => add(a, b))
        const clip = maximum(div(sqrt(squares), maxGradientNorm), 1)
        return each(parameters, (p, i) => {
          const g = div(at(gradients, i), clip)
          const m = blend(at(first, i), g, betas[0])
          const v = blend(at(second, i), square(g), betas[1])
          const u = add(div(mul(m, mean), add(mul(sqrt(v), root), epsilon)), mul(p, weightDecay))
          return [sub(p, mul(weightDecay ? mul(u, trust(p, u)) : u, lr)), m, v]
        })
      }),
  }
}

/** |p|/|u|, or 1 where either is 0. */
function trust(p: Tensor, u: Tensor): Tensor {
  const [a, b] = [sqrt(sum(square(p))), sqrt(sum(square(u)))]
  const product = mul(a, b)
  const usable = greater(product, 0)
  return where(usable, div(a, where(usable, b, 1)), 1)
}

/** Of the parameter's shape: arithmetic with [1] gives an axis to what has none. */
const shaped = (result: Tensor, p: Tensor): Tensor => (result.rank === p.rank ? result : reshape(result, p.shape))

function each(parameters: readonly Tensor[], step: (p: Tensor, i: number) => Tensor[]): Updated {
  const results = parameters.map((p, i) => step(p, i).map((result) => shaped(result, p)))
  const count = (results[0]?.length ?? 1) - 1
  return {
    parameters: results.map((result) => at(result, 0)),
    moments: Array.from({ length: count }, (_, k) => results.map((result) => at(result, k + 1))),
  }
}
