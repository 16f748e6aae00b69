import { type AutoencoderConfig, FieldReader, type Fields, isRecord, MAX_BLOCKS, unsupported } from './config-fields.ts'
import type { KlShape } from './kl-plan.ts'

/**
 * The autoencoder in a yaml of LDM, taming or Stability's generative-models, or in FLUX.1's parameters; null where there is none.
 * A whole model's yaml has it under model.params.first_stage_config, and the scale of latents beside that.
 * @throws StableSigError 'unsupported' when it says what this library does not have
 */
export function ldmConfig(config: Fields): AutoencoderConfig | null {
  const at = (node: unknown, ...path: string[]): unknown =>
    path.reduce((inner, name) => (isRecord(inner) ? inner[name] : undefined), node)
  const whole = at(config, 'model', 'params', 'first_stage_config')
  const outer = whole ? at(config, 'model', 'params') : undefined
  const candidates = [whole, at(config, 'model'), at(config, 'first_stage_config'), config]
  for (const node of candidates) {
    if (!isRecord(node)) continue
    const params = isRecord(node.params) ? node.params : node
    const detailed = isRecord(params.ddconfig) ? params.ddconfig : undefined
    const bare = Array.isArray(params.ch_mult) ? params : undefined
    const dd = detailed ?? bare
    if (!dd) continue
    const target = typeof node.target === 'string' ? node.target : ''
    return fromDdconfig(dd, detailed ? params : {}, target, isRecord(outer) ? outer : bare ? params : {})
  }
  return null
}

function fromDdconfig(dd: Fields, params: Fields, target: string, outer: Fields): AutoencoderConfig {
  const read = new FieldReader(dd, 'ddconfig.')
  const about = new FieldReader(params)
  if (/gumbel/i.test(target))
    throw unsupported(`${target} looks codes up by their logits, which this library does not have`)
  const vq = /vq/i.test(target) || 'n_embed' in params
  const family = vq ? 'vq' : 'kl'
  if ('ddconfig' in params) read.known('double_z', [!vq], !vq)
  read.known('in_channels', [3], 3)
  read.known('out_ch', [3], 3)
  const attends = read.known('attn_type', ['vanilla', 'vanilla-xformers', 'none'], 'vanilla') !== 'none'
  const base = read.count('ch')
  const widths = read.counts('ch_mult').map((by) => base * by)
  const zChannels = read.count('z_channels')
  // With an embedding there are quant convolutions; without one the tensors tell.
  const embedding = 'embed_dim' in params ? about.count('embed_dim') : undefined
  const at = dd.attn_resolutions
  const resolutions = Array.isArray(at) ? at : []
  const resolution = resolutions.length ? read.count('resolution') : 0
  const shape: KlShape = {
    family,
    widths,
    base,
    blocks: read.count('num_res_blocks', undefined, MAX_BLOCKS),
    attention: widths.map((_, level) => attends && resolutions.includes(resolution / 2 ** level)),
    midAttention: attends,
    zChannels,
    latentChannels: embedding ?? zChannels,
    ...(embedding === undefined ? {} : { quantConv: true }),
  }
  const scaling = new FieldReader(outer)
  const latents =
    'scale_factor' in outer
      ? { scale: scaling.number('scale_factor', 1), shift: scaling.number('shift_factor', 0) }
      : null
  return { family, className: target || 'ddconfig', encoder: shape, decoder: shape, latents }
}
