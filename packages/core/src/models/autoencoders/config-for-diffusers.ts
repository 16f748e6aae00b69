import { StableSigError } from '../../errors.ts'
import type { StateTensor } from '../../weights/state-dict.ts'
import type { Part } from './autoencoder.ts'
import { inferKl } from './kl-infer.ts'
import { GROUPS, type KlShape } from './kl-plan.ts'
import type { LatentScaling } from './latents.ts'
import type { StoredAutoencoder } from './respell.ts'
import { planTiny, type TinyPlan } from './tiny-plan.ts'

/** What a config.json says. */
export type DiffusersConfig = Readonly<Record<string, unknown>>

/** What is known of how a generator scales latents. */
export type KnownScaling = Pick<LatentScaling, 'kind' | 'scale' | 'shift'>

/**
 * The config.json that diffusers' AutoencoderKL, VQModel or AutoencoderTiny wants, of an autoencoder that came without one: what
 * its constructor builds from it has the names and shapes of these tensors.
 * @param latents how its generator scales latents
 * @throws StableSigError 'unsupported' where diffusers has no such autoencoder, or a scale is wanted that nothing tells
 */
export function configForDiffusers(stored: StoredAutoencoder, latents: KnownScaling): DiffusersConfig {
  if (latents.kind !== 'affine')
    throw refuse('nothing tells how latents are scaled; name the configuration that came with the model')
  return stored.family === 'tiny' ? tinyConfig(stored, latents) : klConfig(stored, stored.family, latents)
}

const refuse = (why: string): StableSigError =>
  new StableSigError('unsupported', `no config.json can be written: ${why}`)

/** Tiles of a generator that decodes in tiles are as large; diffusers' own default of 32 suits no published model. */
const SAMPLE_SIZE = 512

function klConfig(stored: StoredAutoencoder, family: 'kl' | 'vq', latents: KnownScaling): DiffusersConfig {
  const className = family === 'kl' ? 'AutoencoderKL' : 'VQModel'
  const half = (part: Part): KlShape => inferKl(stored.source, halfOf(stored, part), part, family)
  const [encoder, decoder] = [half('encoder'), half('decoder')]
  const { widths, blocks, zChannels = 0, latentChannels } = decoder
  const agree: readonly (readonly [what: string, ofEncoder: unknown, ofDecoder: unknown])[] = [
    ['channels of their levels', encoder.widths, widths],
    ['blocks a level', encoder.blocks, blocks],
    ['attention in the middle', encoder.midAttention, decoder.midAttention],
    ['channels before the quant convolution', encoder.zChannels, zChannels],
  ]
  for (const [what, a, b] of agree)
    if (`${a}` !== `${b}`)
      throw refuse(`${what}: ${a} in the encoder, ${b} in the decoder; ${className} has one of both`)
  if (encoder.base !== widths[0])
    throw refuse(
      `the encoder begins with ${encoder.base} channels; ${className} begins with its first level's, ${widths[0]}`,
    )
  if (family === 'kl' && zChannels !== latentChannels)
    throw refuse(
      `its quant convolutions change ${zChannels} channels to ${latentChannels}, which AutoencoderKL's do not`,
    )
  if (family === 'vq' && !(encoder.quantConv && decoder.quantConv))
    throw refuse('it has no quant convolutions, which VQModel always has')
  if (family === 'vq' && latents.shift !== 0)
    throw refuse(`its latents are shifted by ${latents.shift}, which VQModel has no key for`)
  const attention = (flags: readonly boolean[] = [], plain: string) =>
    flags.map((attends) => (attends ? `Attn${plain}` : plain))
  return {
    _class_name: className,
    act_fn: 'silu',
    block_out_channels: widths,
    down_block_types: attention(encoder.attention, 'DownEncoderBlock2D'),
    in_channels: 3,
    latent_channels: zChannels,
    layers_per_block: blocks,
    mid_block_add_attention: decoder.midAttention,
    norm_num_groups: stored.groups ?? GROUPS,
    out_channels: 3,
    sample_size: SAMPLE_SIZE,
    scaling_factor: latents.scale,
    // diffusers lists a decoder's blocks from the latent's side.
    up_block_types: attention(decoder.attention, 'UpDecoderBlock2D').reverse(),
    ...(family === 'kl'
      ? {
          shift_factor: latents.shift === 0 ? null : latents.shift,
          use_post_quant_conv: decoder.quantConv,
          use_quant_conv: encoder.quantConv,
        }
      : {
          lookup_from_codebook: false,
          norm_type: 'group',
          num_vq_embeddings: stored.tensors.get('quantize.embedding.weight')?.shape[0],
          vq_embed_dim: latentChannels,
        }),
  }
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
