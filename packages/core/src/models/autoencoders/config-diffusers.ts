import {
  type AutoencoderConfig,
  FieldReader,
  type Fields,
  type LatentConfig,
  MAX_BLOCKS,
  told,
  unsupported,
} from './config-fields.ts'
import type { KlShape } from './kl-plan.ts'

const CLASSES = ['AutoencoderKL', 'AutoencoderKLFlux2', 'VQModel', 'AutoencoderTiny'] as const

/** A diffusers config.json. @throws StableSigError 'unsupported' when it says what this library does not have */
export function diffusersConfig(fields: Fields): AutoencoderConfig {
  const read = new FieldReader(fields)
  const className = read.known('_class_name', CLASSES, 'num_vq_embeddings' in fields ? 'VQModel' : 'AutoencoderKL')
  read.known('in_channels', [3], 3)
  read.known('out_channels', [3], 3)
  if (className === 'AutoencoderTiny') return tiny(read)
  const family = className === 'VQModel' ? 'vq' : 'kl'
  read.known('act_fn', ['silu'], 'silu')
  if (family === 'vq') read.known('norm_type', ['group'], 'group')
  if (family === 'vq') read.known('lookup_from_codebook', [false], false)

  const widths = read.counts('block_out_channels')
  const zChannels = read.count('latent_channels', 4)
  const common = {
    family,
    blocks: read.count('layers_per_block', 1, MAX_BLOCKS),
    midAttention: read.flag('mid_block_add_attention', true),
    groups: read.count('norm_num_groups', 32),
    zChannels,
    latentChannels: family === 'vq' ? read.count('vq_embed_dim', zChannels) : zChannels,
  } satisfies Partial<KlShape>
  const down = blockTypes(read, 'down_block_types', widths.length, 'DownEncoderBlock2D')
  const up = blockTypes(read, 'up_block_types', widths.length, 'UpDecoderBlock2D')
  const decoderWidths = fields.decoder_block_out_channels ? read.counts('decoder_block_out_channels') : widths
  if (decoderWidths.length !== widths.length)
    throw unsupported(
      `block_out_channels has ${widths.length} levels, decoder_block_out_channels ${decoderWidths.length}`,
    )
  const flux2 = className === 'AutoencoderKLFlux2'
  if (flux2 && told(fields.patch_size ?? [2, 2]) !== '[2,2]')
    throw unsupported(`patch_size is ${told(fields.patch_size)}, expected [2,2]`)
  const quant = (name: string) => (family === 'vq' ? true : read.flag(name, true))
  return {
    family,
    className,
    encoder: { ...common, widths, attention: down, quantConv: quant('use_quant_conv') },
    // diffusers lists a decoder's blocks from the latent's side.
    decoder: { ...common, widths: decoderWidths, attention: up.reverse(), quantConv: quant('use_post_quant_conv') },
    latents: flux2 ? null : latentConfig(read, 0.18215),
    ...(flux2 ? { batchNormEpsilon: read.number('batch_norm_eps', 1e-4) } : {}),
  }
}

/** By block: whether it attends. */
function blockTypes(read: FieldReader, name: string, count: number, plain: string): boolean[] {
  const types = read.fields[name] ?? Array.from({ length: count }, () => plain)
  if (!Array.isArray(types) || types.length !== count) throw unsupported(`${name} does not tell of ${count} levels`)
  return types.map((_, i) => {
    const known = [plain, `Attn${plain}`]
    return new FieldReader({ [name]: types[i] }).known(name, known, '') !== plain
  })
}

function tiny(read: FieldReader): AutoencoderConfig {
  read.known('act_fn', ['relu'], 'relu')
  read.known('upsample_fn', ['nearest'], 'nearest')
  read.known('upsampling_scaling_factor', [2], 2)
  return {
    family: 'tiny',
    className: 'AutoencoderTiny',
    latentChannels: read.count('latent_channels', 4),
    latents: latentConfig(read, 1),
  }
}

function latentConfig(read: FieldReader, scale: number): LatentConfig {
  const affine = { scale: read.number('scaling_factor', scale), shift: read.number('shift_factor', 0) }
  const { latents_mean: mean, latents_std: std } = read.fields
  if (mean === undefined || mean === null || std === undefined || std === null) return affine
  return { ...affine, mean: numbers('latents_mean', mean), std: numbers('latents_std', std) }
}

function numbers(name: string, value: unknown): number[] {
  if (Array.isArray(value) && value.length <= 4096 && value.every((one): one is number => Number.isFinite(one)))
    return value
  throw unsupported(`${name} is no list of numbers`)
}
