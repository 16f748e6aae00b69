import { StableSigError } from '../../errors.ts'
import type { Part } from './autoencoder.ts'

/**
 * The architecture of one half of a KL or VQ autoencoder, as LDM's ddconfig tells it. Level 0 has the image's resolution; each
 * further level halves it.
 */
export interface KlPlan {
  readonly part: Part
  readonly family: 'kl' | 'vq'
  /** Channels by level. */
  readonly widths: readonly number[]
  /** Channels of an encoder's first convolution. */
  readonly base: number
  /** Residual blocks a level in an encoder; a decoder has one more. */
  readonly blocks: number
  /** Levels whose every block is followed by attention (VQGAN's attn_resolutions). */
  readonly attention: readonly boolean[]
  readonly midAttention: boolean
  /** Channels between the network and its quant convolution (LDM's z_channels); moments count once. */
  readonly zChannels: number
  /** Channels of latents (LDM's embed_dim): the same where there is no quant convolution. */
  readonly latentChannels: number
  /** quant_conv of an encoder, post_quant_conv of a decoder. */
  readonly quantConv: boolean
  /** Groups of the group norms: 32 in every published one. */
  readonly groups: number
}

/** What of a plan matters most; the rest is as in Stable Diffusion. */
export interface KlShape extends Partial<Omit<KlPlan, 'part' | 'widths' | 'latentChannels'>> {
  readonly widths: readonly number[]
  readonly latentChannels: number
}

/** Groups of every published autoencoder. */
export const GROUPS = 32

/**
 * A whole plan: two blocks a level, attention in the middle alone, quant convolutions, 32 groups where nothing else is said.
 * klPlan('decoder', { widths: [128, 256, 512, 512], latentChannels: 4 }) is Stable Diffusion's.
 * @throws StableSigError 'bad-argument' for widths that the groups do not divide
 */
export function klPlan(part: Part, shape: KlShape): KlPlan {
  const { widths, latentChannels, family = 'kl', groups = GROUPS } = shape
  const base = shape.base ?? widths[0] ?? 0
  const plan: KlPlan = {
    part,
    family,
    widths,
    base,
    blocks: shape.blocks ?? 2,
    attention: shape.attention ?? widths.map(() => false),
    midAttention: shape.midAttention ?? true,
    zChannels: shape.zChannels ?? latentChannels,
    latentChannels,
    quantConv: shape.quantConv ?? true,
    groups,
  }
  const whole = (n: number) => Number.isInteger(n) && n > 0
  if (widths.length === 0 || ![...widths, base, plan.blocks, plan.zChannels, latentChannels, groups].every(whole))
    throw new StableSigError('bad-argument', `not an autoencoder's architecture: ${JSON.stringify(plan)}`)
  const odd = (part === 'encoder' ? [base, ...widths] : widths).find((width) => width % groups)
  if (odd !== undefined)
    throw new StableSigError(
      'bad-argument',
      `group norms split channels into ${groups} groups, and a level has ${odd} channels: say how many groups there are`,
    )
  return plan
}

/** Image pixels a latent position, along a side. */
export const klDownscale = ({ widths }: KlPlan): number => 2 ** (widths.length - 1)

/** Every tensor of one half, in the order in which it runs: the model's name -> shape, in PyTorch's order. */
export function klShapes(plan: KlPlan): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {}
  const { part, widths, blocks, zChannels, latentChannels, attention } = plan
  const conv = (name: string, into: number, out: number, side = 3) => {
    shapes[`${name}.weight`] = [out, into, side, side]
    shapes[`${name}.bias`] = [out]
  }
  const norm = (name: string, channels: number) => {
    shapes[`${name}.weight`] = [channels]
    shapes[`${name}.bias`] = [channels]
  }
  const block = (name: string, into: number, out: number) => {
    norm(`${name}.norm1`, into)
    conv(`${name}.conv1`, into, out)
    norm(`${name}.norm2`, out)
    conv(`${name}.conv2`, out, out)
    if (into !== out) conv(`${name}.nin_shortcut`, into, out, 1)
  }
  const attend = (name: string, channels: number) => {
    norm(`${name}.norm`, channels)
    for (const one of ['q', 'k', 'v', 'proj_out']) conv(`${name}.${one}`, channels, channels, 1)
  }
  const mid = (channels: number) => {
    block('mid.block_1', channels, channels)
    if (plan.midAttention) attend('mid.attn_1', channels)
    block('mid.block_2', channels, channels)
  }
  const top = widths.length - 1
  const widest = widths[top]!
  if (part === 'encoder') {
    conv('conv_in', 3, plan.base)
    let channels = plan.base
    for (const [level, width] of widths.entries()) {
      for (let i = 0; i < blocks; i++) {
        block(`down.${level}.block.${i}`, channels, width)
        if (attention[level]) attend(`down.${level}.attn.${i}`, width)
        channels = width
      }
      if (level < top) conv(`down.${level}.downsample.conv`, width, width)
    }
    mid(widest)
    norm('norm_out', widest)
    const moments = plan.family === 'kl' ? 2 : 1
    conv('conv_out', widest, moments * zChannels)
    if (plan.quantConv) conv('quant_conv', moments * zChannels, moments * latentChannels, 1)
    return shapes
  }
  if (plan.quantConv) conv('post_quant_conv', latentChannels, zChannels, 1)
  conv('conv_in', zChannels, widest)
  mid(widest)
  let channels = widest
  for (let level = top; level >= 0; level--) {
    const width = widths[level]!
    for (let i = 0; i <= blocks; i++) {
      block(`up.${level}.block.${i}`, channels, width)
      if (attention[level]) attend(`up.${level}.attn.${i}`, width)
      channels = width
    }
    if (level > 0) conv(`up.${level}.upsample.conv`, width, width)
  }
  norm('norm_out', channels)
  conv('conv_out', channels, 3)
  return shapes
}
