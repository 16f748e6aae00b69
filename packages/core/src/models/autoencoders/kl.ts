import { slice, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import type { NormContext } from '../../ops/norm-statistics.ts'
import { asSigned, signedToUnit, type UnitImages, unitToSigned } from '../../signal/images.ts'
import { conv } from '../layers.ts'
import { scope, type WeightScope, type Weights } from '../weights.ts'
import type { DecodeOptions, LatentDecoder, LatentEncoder, Stage } from './autoencoder.ts'
import { attentionBlock, downsample, normSilu, resnetBlock, upsample } from './kl-layers.ts'
import { type KlPlan, klDownscale, klShapes } from './kl-plan.ts'
import { quantiseStraightThrough } from './quantise.ts'
import { checkImages, checkLatents } from './sizes.ts'
import { runStages } from './stages.ts'

/** What a network is made of besides its plan. */
export interface KlParts {
  readonly weights: Weights
  /** The model's names -> the file's, and their shapes there; the model's own where there is no file. */
  readonly names?: ReadonlyMap<string, string>
  readonly shapes?: ReadonlyMap<string, readonly number[]>
  /** VQ decoders: [K,C], frozen; the network disposes it. */
  readonly codebook?: Tensor2D
}

/** The encoder of a KL or VQ autoencoder out of its weights. */
export function klEncoder(plan: KlPlan, parts: KlParts): LatentEncoder {
  const stages = klStages(plan)
  const run = (weights: Weights, images: UnitImages): Tensor4D => {
    checkImages(images, klDownscale(plan))
    return tidy(() => runStages(stages, weights, unitToSigned(images)))
  }
  const common = { ...network(plan, parts), stages }
  if (plan.family === 'vq') return { ...common, apply: run }
  return { ...common, apply: (weights, images) => tidy(() => firstHalf(run(weights, images))), moments: run }
}

/** The decoder of a KL or VQ autoencoder out of its weights. */
export function klDecoder(plan: KlPlan, parts: KlParts): LatentDecoder {
  const stages = klStages(plan)
  const run = (weights: Weights, latents: Tensor4D, options?: DecodeOptions): UnitImages => {
    checkLatents(latents, plan.latentChannels)
    return tidy(() => signedToUnit(asSigned(runStages(stages, weights, latents, options))))
  }
  const { codebook } = parts
  const common = { ...network(plan, parts), stages }
  if (!codebook) return { ...common, apply: run }
  return {
    ...common,
    apply: (weights, latents, options) => tidy(() => run(weights, quantiseStraightThrough(latents, codebook), options)),
    quantiser: { codebook, decodeCodes: run },
  }
}

function network(plan: KlPlan, { weights, names, shapes, codebook }: KlParts) {
  const expected = Object.entries(klShapes(plan))
  return {
    family: plan.family,
    latentChannels: plan.latentChannels,
    downscale: klDownscale(plan),
    widths: plan.widths,
    weights,
    names: names ?? new Map(expected.map(([name]) => [name, name])),
    shapes: shapes ?? new Map(expected),
    dispose() {
      for (const tensor of Object.values(weights)) tensor.dispose()
      codebook?.dispose()
    },
  }
}

/** The stages of one half, as its figure reads: images in [-1, 1] -> moments or codes, or latents -> images in [-1, 1]. */
export function klStages(plan: KlPlan): Stage[] {
  const { part, widths, blocks, attention, groups } = plan
  const names = Object.keys(klShapes(plan))
  const stage = (
    name: string,
    run: (w: WeightScope, x: Tensor4D, context?: NormContext) => Tensor4D,
    scale: Stage['scale'] = 1,
  ): Stage => ({
    name,
    weights: names.filter((one) => one.startsWith(`${name}.`)),
    scale,
    apply: (weights, x, context) => run(scope(weights, name), x, context),
  })
  const convolve = (name: string) => stage(name, (w, x) => conv(w, x))
  const block = (name: string) => stage(name, (w, x, context) => resnetBlock(w, x, groups, context))
  const attend = (name: string): Stage => ({ ...stage(name, (w, x) => attentionBlock(w, x, groups)), whole: true })
  const mid = [block('mid.block_1'), ...(plan.midAttention ? [attend('mid.attn_1')] : []), block('mid.block_2')]
  const level = (name: string, count: number, attended: boolean): Stage[] =>
    Array.from({ length: count }, (_, i) => [
      block(`${name}.block.${i}`),
      ...(attended ? [attend(`${name}.attn.${i}`)] : []),
    ]).flat()
  const head = [stage('norm_out', (w, x, context) => normSilu(w, x, groups, context)), convolve('conv_out')]
  const top = widths.length - 1

  if (part === 'encoder') {
    const down = widths.flatMap((_, i) => [
      ...level(`down.${i}`, blocks, attention[i] ?? false),
      ...(i < top ? [stage(`down.${i}.downsample`, downsample, 0.5)] : []),
    ])
    return [convolve('conv_in'), ...down, ...mid, ...head, ...(plan.quantConv ? [convolve('quant_conv')] : [])]
  }
  const up = widths.flatMap((_, i) => {
    const at = top - i
    return [
      ...level(`up.${at}`, blocks + 1, attention[at] ?? false),
      ...(at > 0 ? [stage(`up.${at}.upsample`, upsample, 2)] : []),
    ]
  })
  return [...(plan.quantConv ? [convolve('post_quant_conv')] : []), convolve('conv_in'), ...mid, ...up, ...head]
}

/** The first half of the channels: moments [N,h,w,2C] -> means [N,h,w,C]. */
function firstHalf(moments: Tensor4D): Tensor4D {
  const [n, h, w, c] = moments.shape
  return slice(moments, [0, 0, 0, 0], [n, h, w, c / 2])
}
