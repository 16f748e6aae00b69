import {
  describeMismatch,
  type ExpectedShape,
  type MatchedTensors,
  matchTensors,
  type StateDict,
  type StateTensor,
  unmapName,
} from '@stablesig/weights'
import { checkOptions } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { checkState } from '../check-models.ts'
import type { Family, Part } from './autoencoder.ts'
import { parseConfig } from './config.ts'
import type { AutoencoderConfig } from './config-fields.ts'
import { refuseForeign } from './foreign.ts'
import type { Generator } from './generators.ts'
import { inferKl } from './kl-infer.ts'
import { GROUPS, type KlPlan, type KlShape, klDownscale, klPlan, klShapes } from './kl-plan.ts'
import { isAttentionMatrix } from './names.ts'
import { findSpelling, type Spelling } from './spelling.ts'
import { planTiny, type TinyPlan } from './tiny-plan.ts'

/** What is known of an autoencoder besides its tensors. */
export interface ArchitectureOptions {
  /** A parsed config.json of diffusers, or a parsed yaml of LDM or taming: then the tensors are held to it. */
  readonly config?: unknown
  /** Groups of the group norms, which no tensor tells. Default: the config's, else 32. */
  readonly groups?: number
  /** Whose latents they are, where neither a config nor the rest of the checkpoint tells. */
  readonly generator?: Generator
}

/** What a file of weights holds of an autoencoder. */
export interface AutoencoderDescription {
  readonly family: Family
  /** The spelling of its names: 'LDM', 'FLUX.2', 'diffusers', 'diffusers, legacy attention', 'TAESD', … */
  readonly layout: string
  /** What stands before them: 'first_stage_model.' in a whole Stable Diffusion checkpoint. */
  readonly prefix: string
  /** The halves that are there. */
  readonly parts: readonly Part[]
  readonly latentChannels: number
  /** Image pixels a latent position, along a side. */
  readonly downscale: number
  /** Channels by resolution, the finest first, of each half that is there. */
  readonly widths: Readonly<Partial<Record<Part, readonly number[]>>>
  /** Of the group norms, 32 where nothing was said; null in the tiny family. */
  readonly groups: number | null
  /**
   * The model's names -> the file's, of all that was expected and found. The model's names begin with their half here:
   * a decoder's `weights` and `names` have 'conv_in.weight' for what is 'decoder.conv_in.weight'.
   */
  readonly names: ReadonlyMap<string, string>
  /** Expected and not there, as the file would spell them. */
  readonly missing: readonly string[]
  /** There and not expected. */
  readonly unexpected: readonly string[]
  /** What is wrong with shapes, a sentence each. */
  readonly wrong: readonly string[]
}

/**
 * Which autoencoder a file holds, from names and shapes alone: no tensor is read. Missing, unexpected and wrongly shaped tensors
 * are told, not thrown; readAutoencoder refuses them.
 * @throws StableSigError 'bad-weights' when there is no autoencoder in it; 'unsupported' when there is one of an architecture
 *   that this library does not have, or whose architecture neither tensors nor config tell
 */
export function describeAutoencoder(state: StateDict, options: ArchitectureOptions = {}): AutoencoderDescription {
  const { spelling, plans, match, family, latentChannels, downscale } = surveyAutoencoder(state, options)
  const { mapping, parts } = spelling
  const { prefix } = match
  const theirs = (ours: string) => {
    const name = unmapName(mapping, ours)
    return name === null ? ours : prefix + name
  }
  return {
    family,
    layout: mapping.name,
    prefix,
    parts,
    latentChannels,
    downscale,
    widths: Object.fromEntries(plans.map(({ plan }) => [plan.part, plan.widths])),
    groups: plans[0]?.kind === 'kl' ? plans[0].plan.groups : null,
    names: match.foreign,
    missing: match.missing.map(theirs),
    unexpected: match.unexpected,
    wrong: match.wrong,
  }
}

/** A half's architecture. */
export type HalfPlan =
  | { readonly kind: 'kl'; readonly plan: KlPlan; readonly downscale: number }
  | { readonly kind: 'tiny'; readonly plan: TinyPlan; readonly downscale: number }

/** All that names, shapes and a config tell of the halves that are asked for. */
export interface Survey {
  readonly spelling: Spelling
  readonly config: AutoencoderConfig | null
  readonly family: Family
  readonly latentChannels: number
  readonly downscale: number
  readonly plans: readonly HalfPlan[]
  readonly match: MatchedTensors
}

/** @param wanted the halves that are asked for; default: those that are there */
export function surveyAutoencoder(state: StateDict, options: ArchitectureOptions, wanted?: readonly Part[]): Survey {
  checkState(state)
  checkOptions(options, 'an autoencoder')
  const spelling = findSpelling(state, wanted?.length === 1 ? wanted[0] : undefined)
  refuseForeign(state, spelling.prefix)
  const parts = wanted ?? spelling.parts
  const absent = parts.find((part) => !spelling.parts.includes(part))
  if (absent)
    throw new StableSigError(
      'bad-weights',
      `${state.source} holds the ${spelling.parts.join(' and the ')} of an autoencoder (${spelling.mapping.name}), no ${absent}`,
    )
  const config = options.config === undefined ? null : parseConfig(options.config)
  const plans = parts.map((part) => planHalf(state, spelling, part, config, options))
  const [first, ...others] = plans
  if (!first) throw new StableSigError('bad-argument', `${state.source}: no half was asked for`)
  const { latentChannels } = first.plan
  for (const other of others)
    if (other.plan.latentChannels !== latentChannels || other.downscale !== first.downscale)
      throw new StableSigError(
        'bad-weights',
        `${state.source}: the encoder makes ${latentChannels} channels at 1/${first.downscale} of the image, ` +
          `the decoder takes ${other.plan.latentChannels} at 1/${other.downscale}`,
      )
  if (config && config.family === 'tiny' && config.latentChannels !== latentChannels)
    throw new StableSigError(
      'bad-weights',
      `${state.source}: latents have ${latentChannels} channels, ${config.latentChannels} as its config says`,
    )

  const family = first.kind === 'tiny' ? 'tiny' : first.plan.family
  const expected: Record<string, ExpectedShape> = {}
  for (const { plan } of plans) {
    const shapes = 'shapes' in plan ? plan.shapes : klShapes(plan)
    for (const [name, shape] of Object.entries(shapes)) {
      const full = `${plan.part}.${name}`
      expected[full] = asStored(full, shape, spelling.tensors)
    }
  }
  if (family === 'vq') expected['quantize.embedding.weight'] = [null, latentChannels]
  // A half on its own needs no statistics of latents.
  const flux2 = config !== null && 'batchNormEpsilon' in config && parts.length === 2
  if (flux2 || [...spelling.tensors.keys()].some((name) => name.startsWith('bn.')))
    for (const name of ['bn.running_mean', 'bn.running_var']) expected[name] = [4 * latentChannels]
  const concerns = (ours: string) =>
    parts.length === 2 ||
    Object.hasOwn(expected, ours) ||
    !/^(encoder|decoder)\./.test(ours) ||
    ours.startsWith(`${parts[0]}.`)
  const match = matchTensors(state, expected, spelling.mapping, spelling.prefix, concerns)
  return { spelling, config, family, latentChannels, downscale: first.downscale, plans, match }
}

/** @throws StableSigError 'bad-weights' with what is missing, unexpected or wrong, and the nearest candidates */
export function refuseMismatch(state: StateDict, { match, spelling }: Survey): void {
  if (match.faults > 0) throw new StableSigError('bad-weights', describeMismatch(state, match, [spelling.mapping]))
}

/** Attention's matrices are [C,C] in diffusers and [C,C,1,1] in LDM: whichever a file has is right. */
function asStored(name: string, shape: ExpectedShape, tensors: ReadonlyMap<string, StateTensor>): ExpectedShape {
  return isAttentionMatrix(name) && shape && tensors.get(name)?.shape.length === 2 ? shape.slice(0, 2) : shape
}

function planHalf(
  state: StateDict,
  { tensors, kind, mapping }: Spelling,
  part: Part,
  config: AutoencoderConfig | null,
  { groups }: ArchitectureOptions,
): HalfPlan {
  const own = new Map<string, StateTensor>()
  for (const [name, tensor] of tensors) if (name.startsWith(`${part}.`)) own.set(name.slice(part.length + 1), tensor)
  if (config && (config.family === 'tiny') !== (kind === 'tiny'))
    throw new StableSigError(
      'bad-weights',
      `${state.source} spells its names as ${mapping.name} does, and its config is of ${config.className}`,
    )
  if (kind === 'tiny') {
    const plan = planTiny(state.source, own, part)
    return { kind, plan, downscale: plan.downscale }
  }
  const family = tensors.has('quantize.embedding.weight') ? 'vq' : 'kl'
  const shape: KlShape =
    config && config.family !== 'tiny'
      ? { ...withQuantConv(config[part], own), family: config.family }
      : inferKl(state.source, own, part, family)
  const split = groups ?? shape.groups ?? GROUPS
  const channels = [...(part === 'encoder' ? [shape.base ?? 0] : []), ...shape.widths]
  const odd = channels.find((width) => width % split)
  if (odd !== undefined)
    throw new StableSigError(
      'unsupported',
      `${state.source}: the ${part} has levels of ${shape.widths.join(', ')} channels, and ${odd} cannot be split into ` +
        `${split} groups; no tensor tells how many groups its norms have, so say it (groups), or pass its config.json`,
    )
  const plan = klPlan(part, { ...shape, groups: split })
  return { kind, plan, downscale: klDownscale(plan) }
}

/** Where a config leaves it open, the tensors tell whether there is a quant convolution. */
function withQuantConv(shape: KlShape, own: ReadonlyMap<string, StateTensor>): KlShape {
  if (shape.quantConv !== undefined) return shape
  return { ...shape, quantConv: own.has('quant_conv.weight') || own.has('post_quant_conv.weight') }
}
