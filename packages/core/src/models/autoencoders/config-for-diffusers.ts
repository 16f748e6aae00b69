import type { StateTensor } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'
import type { Part } from './autoencoder.ts'
import { inferKl } from './kl-infer.ts'
import { GROUPS, type KlShape } from './kl-plan.ts'
import { FLUX2_EPSILON, type LatentScaling } from './latents.ts'
import type { StoredAutoencoder } from './respell.ts'
import { planTiny, type TinyPlan } from './tiny-plan.ts'

/** What a config.json says. */
export type DiffusersConfig = Readonly<Record<string, unknown>>

/** What is known of how a generator scales latents. */
export type KnownScaling = Pick<LatentScaling, 'kind' | 'scale' | 'shift'>

/**
 * The config.json that diffusers' AutoencoderKL, AutoencoderKLFlux2, VQModel or AutoencoderTiny wants, of an autoencoder that came
 * without one: what its constructor builds from it has the names and shapes of these tensors.
 * @param latents how its generator scales latents; FLUX.2's tensors say it themselves
 * @throws StableSigError 'unsupported' where diffusers has no such autoencoder, or a scale is wanted that nothing tells
 */
export function configForDiffusers(stored: StoredAutoencoder, latents: KnownScaling): DiffusersConfig {
  if (isFlux2(stored)) return klConfig(stored, 'AutoencoderKLFlux2', latents)
  if (latents.kind !== 'affine')
    throw refuse('nothing tells how latents are scaled; name the configuration that came with the model')
  if (stored.family === 'tiny') return tinyConfig(stored, latents)
  return klConfig(stored, stored.family === 'kl' ? 'AutoencoderKL' : 'VQModel', latents)
}

const isFlux2 = ({ tensors }: StoredAutoencoder): boolean => tensors.has('bn.running_mean')

const refuse = (why: string): StableSigError =>
  new StableSigError('unsupported', `no config.json can be written: ${why}`)

/** Tiles of a generator that decodes in tiles are as large; diffusers' own default of 32 suits no published model. */
const SAMPLE_SIZE = 512

type KlClass = 'AutoencoderKL' | 'AutoencoderKLFlux2' | 'VQModel'

function klConfig(stored: StoredAutoencoder, className: KlClass, latents: KnownScaling): DiffusersConfig {
  const family = className === 'VQModel' ? 'vq' : 'kl'
  const half = (part: Part): KlShape => inferKl(stored.source, halfOf(stored, part), part, family)
  const [encoder, decoder] = [half('encoder'), half('decoder')]
  checkKl(className, encoder, decoder)
  if (className === 'VQModel' && latents.shift !== 0)
    throw refuse(`its latents are shifted by ${latents.shift}, which VQModel has no key for`)
  const attention = (flags: readonly boolean[] = [], plain: string) =>
    flags.map((attends) => (attends ? `Attn${plain}` : plain))
  const common = {
    _class_name: className,
    act_fn: 'silu',
    block_out_channels: encoder.widths,
    down_block_types: attention(encoder.attention, 'DownEncoderBlock2D'),
    in_channels: 3,
    latent_channels: decoder.zChannels,
    layers_per_block: decoder.blocks,
    mid_block_add_attention: decoder.midAttention,
    norm_num_groups: stored.groups ?? GROUPS,
    out_channels: 3,
    sample_size: SAMPLE_SIZE,
    // diffusers lists a decoder's blocks from the latent's side.
    up_block_types: attention(decoder.attention, 'UpDecoderBlock2D').reverse(),
  }
  const quant = { use_post_quant_conv: decoder.quantConv, use_quant_conv: encoder.quantConv }
  if (className === 'AutoencoderKL') {
    const { scale, shift } = latents
    return { ...common, ...quant, scaling_factor: scale, shift_factor: shift === 0 ? null : shift }
  }
  if (className === 'AutoencoderKLFlux2')
    return {
      ...common,
      ...quant,
      ...(`${encoder.widths}` === `${decoder.widths}` ? {} : { decoder_block_out_channels: decoder.widths }),
      batch_norm_eps: FLUX2_EPSILON,
      batch_norm_momentum: 0.1,
      patch_size: [2, 2],
    }
  return {
    ...common,
    lookup_from_codebook: false,
    norm_type: 'group',
    num_vq_embeddings: stored.tensors.get('quantize.embedding.weight')?.shape[0],
    scaling_factor: latents.scale,
    vq_embed_dim: decoder.latentChannels,
  }
}

/** Refuses what a class's constructor cannot be told. */
function checkKl(className: KlClass, encoder: KlShape, decoder: KlShape): void {
  const once: readonly (readonly [what: string, of: (half: KlShape) => unknown])[] = [
    ['levels', ({ widths }) => widths.length],
    ['channels of their levels', ({ widths }) => className === 'AutoencoderKLFlux2' || widths],
    ['blocks a level', ({ blocks }) => blocks],
    ['attention in the middle', ({ midAttention }) => midAttention],
    ['channels before the quant convolution', ({ zChannels }) => zChannels],
  ]
  for (const [what, of] of once)
    if (`${of(encoder)}` !== `${of(decoder)}`)
      throw refuse(
        `${what}: ${of(encoder)} in the encoder, ${of(decoder)} in the decoder; ${className} has one of both`,
      )
  const { base, widths, zChannels, latentChannels } = encoder
  if (base !== widths[0])
    throw refuse(`the encoder begins with ${base} channels; ${className} begins with its first level's, ${widths[0]}`)
  if (className !== 'VQModel' && zChannels !== latentChannels)
    throw refuse(
      `its quant convolutions change ${zChannels} channels to ${latentChannels}, which ${className}'s do not`,
    )
  if (className === 'VQModel' && !(encoder.quantConv && decoder.quantConv))
    throw refuse('it has no quant convolutions, which VQModel always has')
}

function tinyConfig(stored: StoredAutoencoder, latents: KnownScaling): DiffusersConfig {
  const half = (part: Part): TinyPlan => planTiny(stored.source, halfOf(stored, part), part)
  const [encoder, decoder] = [half('encoder'), half('decoder')]
  const [ofEncoder, ofDecoder] = [tinyLevels(encoder), tinyLevels(decoder)]
  return {
    _class_name: 'AutoencoderTiny',
    act_fn: 'relu',
    decoder_block_out_channels: decoder.widths,
    encoder_block_out_channels: encoder.widths,
    force_upcast: false,
    in_channels: 3,
    latent_channels: decoder.latentChannels,
    latent_magnitude: 3,
    latent_shift: 0.5,
    num_decoder_blocks: ofDecoder,
    num_encoder_blocks: ofEncoder,
    out_channels: 3,
    scaling_factor: latents.scale,
    shift_factor: latents.shift,
    upsample_fn: 'nearest',
    upsampling_scaling_factor: 2,
  }
}

/**
 * Blocks by resolution, in the order in which the half runs: diffusers' sequence is a convolution, and for each count its blocks,
 * with a convolution that changes the resolution between two counts, all of one width.
 */
function tinyLevels({ part, layers, widths }: TinyPlan): readonly number[] {
  const fail = (why: string) => refuse(`the ${part} ${why}, and AutoencoderTiny has no such thing`)
  if (new Set(widths).size > 1) throw fail(`has levels of ${widths.join(', ')} channels`)
  const counts = [0]
  for (const [place, layer] of layers.entries()) {
    const outer = place === 0 || place === layers.length - 1
    if (layer.kind === 'block') {
      if (layer.pooled) throw fail(`has blocks with a pooled branch (layer ${layer.name}, as in TAEF2)`)
      counts.push((counts.pop() ?? 0) + 1)
    } else if (layer.rectified !== (part === 'decoder' && place === 0) || layer.resize === outer) {
      throw fail(`has another convolution at layer ${layer.name} (as in variants of 32 pixels a latent)`)
    } else if (layer.resize) counts.push(0)
  }
  return counts
}

/** A half's tensors by its own names. */
function halfOf({ tensors }: StoredAutoencoder, part: Part): Map<string, StateTensor> {
  const own = [...tensors].filter(([name]) => name.startsWith(`${part}.`))
  return new Map(own.map(([name, tensor]) => [name.slice(part.length + 1), tensor]))
}
