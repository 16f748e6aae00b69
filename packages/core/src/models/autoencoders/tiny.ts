import { add, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { relu, softClamp } from '../../ops/activations.ts'
import type { NormContext } from '../../ops/norm-statistics.ts'
import { nearestUp2 } from '../../ops/resize.ts'
import { asUnit } from '../../signal/images.ts'
import { conv, norm } from '../layers.ts'
import { scope, type WeightScope, type Weights } from '../weights.ts'
import type { LatentDecoder, LatentEncoder, Stage } from './autoencoder.ts'
import { checkImages, checkLatents } from './sizes.ts'
import { runStages } from './stages.ts'
import type { TinyPlan } from './tiny-plan.ts'

/*
 * The TAESD family: convolutions 3x3 and blocks of three, ReLU throughout, images in [0, 1] at both ends. Weights bear the
 * numbers of TAESD's sequences; diffusers' AutoencoderTiny counts the decoder from 0, since its clamp is no layer there.
 */

/** Groups and epsilon of the pooled blocks' normalisation. */
const GROUPS = 4
const EPSILON = 1e-5
/** Latents pass 3·tanh(z/3) on their way into a decoder. */
const LATENT_BOUND = 3

/** What a network is made of besides its plan. */
export interface TinyParts {
  readonly weights: Weights
  /** The model's names -> the file's, and their shapes there. */
  readonly names: ReadonlyMap<string, string>
  readonly shapes: ReadonlyMap<string, readonly number[]>
}

/** The encoder of a tiny autoencoder out of its weights. */
export function tinyEncoder(plan: TinyPlan, parts: TinyParts): LatentEncoder {
  const stages = tinyStages(plan)
  const apply: LatentEncoder['apply'] = (weights, images) => {
    checkImages(images, 1)
    return runStages(stages, weights, images)
  }
  return { ...network(plan, parts), stages, apply }
}

/** The decoder of a tiny autoencoder out of its weights. */
export function tinyDecoder(plan: TinyPlan, parts: TinyParts): LatentDecoder {
  const stages = tinyStages(plan)
  const apply: LatentDecoder['apply'] = (weights, latents, options) => {
    checkLatents(latents, plan.latentChannels)
    return asUnit(runStages(stages, weights, latents, options))
  }
  return { ...network(plan, parts), stages, apply }
}

function network(plan: TinyPlan, { weights, names, shapes }: TinyParts) {
  const { latentChannels, downscale, widths } = plan
  const dispose = () => {
    for (const tensor of Object.values(weights)) tensor.dispose()
  }
  return { family: 'tiny' as const, latentChannels, downscale, widths, weights, names, shapes, dispose }
}

/** One stage a layer that has weights. */
function tinyStages({ part, layers, shapes }: TinyPlan): Stage[] {
  return layers.map((layer, place) => ({
    name: layer.name,
    weights: Object.keys(shapes).filter((name) => name.startsWith(`${layer.name}.`)),
    scale: layer.kind === 'conv' && layer.resize ? (part === 'encoder' ? 0.5 : 2) : 1,
    apply(weights, x, context) {
      const w = scope(weights, layer.name)
      if (layer.kind === 'block') return tidy(() => block(w, x, layer.pooled, context))
      return tidy(() => {
        if (part === 'decoder' && place === 0) x = softClamp(x, LATENT_BOUND)
        const y = part === 'decoder' ? conv(w, layer.resize ? nearestUp2(x) : x) : conv(w, x, layer.resize ? 2 : 1)
        return layer.rectified ? relu(y) : y
      })
    },
  }))
}

/** Three convolutions with a skip around them: x [N,H,W,C] -> [N,H,W,C]; a pooled branch, if any, is added to x first. */
function block(w: WeightScope, x: Tensor4D, pooled: boolean, context?: NormContext): Tensor4D {
  if (pooled) x = add(x, pool(w.at('pool'), x, context))
  const h = relu(conv(w.at('conv.0'), x))
  return relu(add(conv(w.at('conv.4'), relu(conv(w.at('conv.2'), h))), x))
}

/** The pooled branch: to four times the channels, normalised over whole images, and back. */
function pool(w: WeightScope, x: Tensor4D, context?: NormContext): Tensor4D {
  return conv(w.at('3'), relu(norm(w.at('1'), conv(w.at('0'), x), GROUPS, EPSILON, context)))
}
