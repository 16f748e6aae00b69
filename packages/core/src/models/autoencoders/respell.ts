import { StableSigError } from '../../errors.ts'
import { unmapName } from '../../weights/names.ts'
import type { StateDict, StateTensor } from '../../weights/state-dict.ts'
import type { AutoencoderDescription } from './describe.ts'
import type { LatentScaling } from './latents.ts'
import { klSpellings } from './names.ts'

/** Whose names: those of a diffusers `vae/` folder, or those of an LDM checkpoint's first stage, without its prefix. */
export type TargetSpelling = 'diffusers' | 'LDM'

/**
 * A KL autoencoder's tensors under another project's names, both halves, in its order; bytes are read from the file when asked
 * for. Attention's matrices are [C,C] in diffusers and [C,C,1,1] in LDM; nothing else differs.
 * @returns the file's name -> the other project's, and the tensor as it is there
 * @throws StableSigError 'unsupported' for other families and for FLUX.2, 'bad-weights' when a half is not there
 */
export function respellAutoencoder(
  state: StateDict,
  about: AutoencoderDescription,
  to: TargetSpelling,
): Map<string, { readonly name: string; readonly tensor: StateTensor }> {
  const fail = (why: string) =>
    new StableSigError('unsupported', `${state.source} cannot be written as ${to} has it: ${why}`)
  if (about.family !== 'kl') throw fail(`it is of the ${about.family} family; that is done for kl alone`)
  if (about.names.has('bn.running_mean')) throw fail(`it is FLUX.2's, which keeps its layout`)
  if (about.parts.length < 2) throw fail(`it holds the ${about.parts.join()} alone`)
  const mapping = klSpellings(about.widths.decoder?.length ?? 0).find(({ name }) => name === to)
  const respelled = new Map<string, { name: string; tensor: StateTensor }>()
  for (const [ours, theirs] of about.names) {
    const tensor = state.tensors.get(theirs)
    const name = mapping && unmapName(mapping, ours)
    if (!tensor || !name) throw fail(`there is no name for ${theirs}`)
    const shape = attends(ours) ? attentionShape(tensor.shape, to) : tensor.shape
    respelled.set(theirs, { name, tensor: { dtype: tensor.dtype, shape, read: () => tensor.read() } })
  }
  return respelled
}

const attends = (name: string): boolean => /\.(attn_1|attn\.\d+)\.(q|k|v|proj_out)\.weight$/.test(name)

const attentionShape = ([out = 0, into = 0]: readonly number[], to: TargetSpelling): readonly number[] =>
  to === 'diffusers' ? [out, into] : [out, into, 1, 1]

/**
 * The config.json that diffusers' AutoencoderKL wants, of an autoencoder that came without one.
 * @param latents how its generator scales latents
 * @throws StableSigError 'unsupported' where it cannot be told, or diffusers has no such autoencoder
 */
export function diffusersKlConfig(
  about: AutoencoderDescription,
  latents: Pick<LatentScaling, 'kind' | 'scale' | 'shift'>,
): Readonly<Record<string, unknown>> {
  const { names, widths, latentChannels } = about
  const channels = widths.decoder ?? []
  const fail = (why: string) => new StableSigError('unsupported', `no config.json can be written: ${why}`)
  if (latents.kind !== 'affine')
    throw fail('nothing tells how latents are scaled; name the configuration that came with the model')
  if (`${widths.encoder}` !== `${channels}`) throw fail('its halves have different widths')
  if (channels.some((width) => width % 32))
    throw fail('its norms are not of 32 groups, and no tensor tells of how many')
  if ([...names.keys()].some((name) => /\.(up|down)\.\d+\.attn\./.test(name))) throw fail('its levels have attention')
  const blocks = [...names.keys()].filter((name) => /^encoder\.down\.0\.block\.\d+\.conv1\.weight$/.test(name)).length
  return {
    _class_name: 'AutoencoderKL',
    act_fn: 'silu',
    block_out_channels: channels,
    down_block_types: channels.map(() => 'DownEncoderBlock2D'),
    in_channels: 3,
    latent_channels: latentChannels,
    layers_per_block: blocks,
    mid_block_add_attention: names.has('decoder.mid.attn_1.q.weight'),
    norm_num_groups: 32,
    out_channels: 3,
    scaling_factor: latents.scale,
    shift_factor: latents.shift === 0 ? null : latents.shift,
    up_block_types: channels.map(() => 'UpDecoderBlock2D'),
    use_post_quant_conv: names.has('decoder.post_quant_conv.weight'),
    use_quant_conv: names.has('encoder.quant_conv.weight'),
  }
}
