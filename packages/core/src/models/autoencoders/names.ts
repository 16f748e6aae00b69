import type { NameMapping, NamePair } from '@stablesig/weights'

/*
 * The model's names are LDM's, each under its half: encoder.down.0.block.0.conv1.weight, encoder.quant_conv.weight,
 * decoder.post_quant_conv.weight; beside them quantize.embedding.weight of VQ and bn.* of FLUX.2. In the tiny family they are
 * TAESD's numbers: encoder.3.conv.0.weight, decoder.19.bias.
 */

/** Losses and averages that training checkpoints keep beside an autoencoder. */
const IGNORED: readonly string[] = ['loss.{rest...}', 'model_ema.{rest...}', 'bn.num_batches_tracked']

const LAYERS = ['conv_in', 'norm_out', 'conv_out'] as const
const same = (names: readonly string[]): NamePair[] => names.map((name) => [name, name])
const codebook = same(['quantize.embedding.weight'])
/** The last is not read, see IGNORED, and goes along when names are changed. */
const statistics = same(['bn.running_mean', 'bn.running_var', 'bn.num_batches_tracked'])

const ldmInside: NamePair[] = same([
  ...LAYERS.flatMap((layer) => [`encoder.${layer}.{rest...}`, `decoder.${layer}.{rest...}`]),
  'encoder.mid.{rest...}',
  'decoder.mid.{rest...}',
  'encoder.down.{i}.{rest...}',
  'decoder.up.{i}.{rest...}',
])

const ldm: NameMapping = {
  name: 'LDM',
  pairs: [
    ['quant_conv.{rest...}', 'encoder.quant_conv.{rest...}'],
    ['post_quant_conv.{rest...}', 'decoder.post_quant_conv.{rest...}'],
    ...codebook,
    ...ldmInside,
  ],
  ignore: IGNORED,
}

/** FLUX.2's own: as LDM, with the quant convolutions inside the halves. */
const flux2: NameMapping = {
  name: 'FLUX.2',
  pairs: [...same(['encoder.quant_conv.{rest...}', 'decoder.post_quant_conv.{rest...}']), ...statistics, ...ldmInside],
  ignore: IGNORED,
}

/** diffusers' name of an attention's part -> ours. */
const ATTENTION = { group_norm: 'norm', to_q: 'q', to_k: 'k', to_v: 'v', 'to_out.0': 'proj_out' } as const
/** As diffusers spelled them before its 0.14. */
const LEGACY_ATTENTION = { group_norm: 'norm', query: 'q', key: 'k', value: 'v', proj_attn: 'proj_out' } as const
const RESNET = {
  norm1: 'norm1',
  conv1: 'conv1',
  norm2: 'norm2',
  conv2: 'conv2',
  conv_shortcut: 'nin_shortcut',
} as const

/** @param levels of the decoder: diffusers counts its blocks from the latent's side, LDM from the image's */
function diffusers(levels: number, name: string, attention: Readonly<Record<string, string>>): NameMapping {
  const inside = (theirs: string, ours: string, names: Readonly<Record<string, string>>): NamePair[] =>
    Object.entries(names).map(([a, b]) => [`${theirs}.${a}.{rest...}`, `${ours}.${b}.{rest...}`])
  const sides: readonly (readonly [string, string, string, string])[] = [
    ['encoder', 'down_blocks.{i}', 'down.{i}', 'down'],
    ['decoder', `up_blocks.{${levels - 1}-i}`, 'up.{i}', 'up'],
  ]
  const pairs = sides.flatMap(([part, theirs, ours, direction]): NamePair[] => [
    [`${part}.conv_in.{rest...}`, `${part}.conv_in.{rest...}`],
    [`${part}.conv_norm_out.{rest...}`, `${part}.norm_out.{rest...}`],
    [`${part}.conv_out.{rest...}`, `${part}.conv_out.{rest...}`],
    ...inside(`${part}.mid_block.resnets.{i-1}`, `${part}.mid.block_{i}`, RESNET),
    ...inside(`${part}.mid_block.attentions.0`, `${part}.mid.attn_1`, attention),
    ...inside(`${part}.${theirs}.resnets.{j}`, `${part}.${ours}.block.{j}`, RESNET),
    ...inside(`${part}.${theirs}.attentions.{j}`, `${part}.${ours}.attn.{j}`, attention),
    [`${part}.${theirs}.${direction}samplers.0.conv.{rest...}`, `${part}.${ours}.${direction}sample.conv.{rest...}`],
  ])
  return {
    name,
    pairs: [
      ['quant_conv.{rest...}', 'encoder.quant_conv.{rest...}'],
      ['post_quant_conv.{rest...}', 'decoder.post_quant_conv.{rest...}'],
      ...codebook,
      ...statistics,
      ...pairs,
    ],
    ignore: IGNORED,
  }
}

/** Spellings of KL and VQ autoencoders. @param levels see `diffusers` */
export const klSpellings = (levels: number): NameMapping[] => [
  ldm,
  flux2,
  diffusers(levels, 'diffusers', ATTENTION),
  diffusers(levels, 'diffusers, legacy attention', LEGACY_ATTENTION),
]

/** What stands behind a layer's number in the tiny family. */
const TINY = ['weight', 'bias', 'conv.{j}.{rest...}', 'pool.{j}.{rest...}'] as const
const numbered = (theirs: string, ours: string): NamePair[] => TINY.map((one) => [`${theirs}.${one}`, `${ours}.${one}`])

/** Spellings of tiny autoencoders. @param part whose half a file is that has bare numbers alone */
export const tinySpellings = (part: 'encoder' | 'decoder'): NameMapping[] => [
  { name: 'TAESD', pairs: numbered('{i}', `${part}.{i}`) },
  {
    name: 'TAESD, both halves',
    pairs: [...numbered('encoder.{i}', 'encoder.{i}'), ...numbered('decoder.{i}', 'decoder.{i}')],
  },
  {
    name: 'TAESD, both halves as ComfyUI names them',
    pairs: [...numbered('taesd_encoder.{i}', 'encoder.{i}'), ...numbered('taesd_decoder.{i}', 'decoder.{i}')],
  },
  {
    name: 'diffusers AutoencoderTiny',
    pairs: [
      ...numbered('encoder.layers.{i}', 'encoder.{i}'),
      // The decoder's clamp is no layer there.
      ...numbered('decoder.layers.{i-1}', 'decoder.{i}'),
    ],
  },
]

/** Whether a tensor, by the model's name, is an attention's matrix: [C,C] in diffusers, [C,C,1,1] in LDM. */
export const isAttentionMatrix = (name: string): boolean => /\.(attn_1|attn\.\d+)\.(q|k|v|proj_out)\.weight$/.test(name)
