/** A tensor's shape by its name, in PyTorch's order. */
export type Shapes = Map<string, readonly number[]>

/** Where a checkpoint keeps its autoencoder. */
export const FIRST_STAGE = 'first_stage_model.'

/**
 * Every tensor of a Stable Diffusion 1.5 checkpoint (v1-5-pruned-emaonly), in its order: 859,520,964 parameters of the UNet,
 * 83,653,863 of the autoencoder, 123,060,480 of the text encoder, and the schedule's buffers.
 */
export function stableDiffusion15(): Shapes {
  const shapes: Shapes = new Map()
  for (const name of SCHEDULE) shapes.set(name, [1000])
  unet(within(shapes, 'model.diffusion_model.'))
  autoencoder(within(shapes, FIRST_STAGE))
  textEncoder(within(shapes, 'cond_stage_model.transformer.text_model.'))
  return shapes
}

const SCHEDULE = [
  ...['betas', 'alphas_cumprod', 'alphas_cumprod_prev', 'sqrt_alphas_cumprod', 'sqrt_one_minus_alphas_cumprod'],
  ...['log_one_minus_alphas_cumprod', 'sqrt_recip_alphas_cumprod', 'sqrt_recipm1_alphas_cumprod'],
  ...['posterior_variance', 'posterior_log_variance_clipped', 'posterior_mean_coef1', 'posterior_mean_coef2'],
]

interface Layers {
  conv(name: string, into: number, out: number, side?: number): void
  linear(name: string, into: number, out: number, bias?: boolean): void
  norm(name: string, channels: number): void
  add(name: string, shape: readonly number[]): void
}

function within(shapes: Shapes, prefix: string): Layers {
  const add = (name: string, shape: readonly number[]) => void shapes.set(prefix + name, shape)
  const withBias = (name: string, shape: readonly number[]) => {
    add(`${name}.weight`, shape)
    add(`${name}.bias`, shape.slice(0, 1))
  }
  return {
    add,
    conv: (name, into, out, side = 3) => withBias(name, [out, into, side, side]),
    linear: (name, into, out, bias = true) => (bias ? withBias(name, [out, into]) : add(`${name}.weight`, [out, into])),
    norm: (name, channels) => withBias(name, [channels]),
  }
}

const WIDTH = 320
const LEVELS = [WIDTH, 2 * WIDTH, 4 * WIDTH, 4 * WIDTH]
const EMBEDDING = 4 * WIDTH
const CONTEXT = 768

function unet({ conv, linear, norm }: Layers): void {
  const block = (name: string, into: number, out: number) => {
    norm(`${name}.in_layers.0`, into)
    conv(`${name}.in_layers.2`, into, out)
    linear(`${name}.emb_layers.1`, EMBEDDING, out)
    norm(`${name}.out_layers.0`, out)
    conv(`${name}.out_layers.3`, out, out)
    if (into !== out) conv(`${name}.skip_connection`, into, out, 1)
  }
  const transformer = (name: string, c: number) => {
    norm(`${name}.norm`, c)
    conv(`${name}.proj_in`, c, c, 1)
    for (const [attention, context] of [['attn1', c] as const, ['attn2', CONTEXT] as const]) {
      linear(`${name}.transformer_blocks.0.${attention}.to_q`, c, c, false)
      linear(`${name}.transformer_blocks.0.${attention}.to_k`, context, c, false)
      linear(`${name}.transformer_blocks.0.${attention}.to_v`, context, c, false)
      linear(`${name}.transformer_blocks.0.${attention}.to_out.0`, c, c)
    }
    linear(`${name}.transformer_blocks.0.ff.net.0.proj`, c, 8 * c)
    linear(`${name}.transformer_blocks.0.ff.net.2`, 4 * c, c)
    for (const i of [1, 2, 3]) norm(`${name}.transformer_blocks.0.norm${i}`, c)
    conv(`${name}.proj_out`, c, c, 1)
  }
  const top = LEVELS.length - 1
  linear('time_embed.0', WIDTH, EMBEDDING)
  linear('time_embed.2', EMBEDDING, EMBEDDING)
  conv('input_blocks.0.0', 4, WIDTH)
  const skips = [WIDTH]
  let channels = WIDTH
  for (const [level, width] of LEVELS.entries()) {
    for (let i = 0; i < 2; i++) {
      const name = `input_blocks.${skips.length}`
      block(`${name}.0`, channels, width)
      if (level < top) transformer(`${name}.1`, width)
      skips.push(width)
      channels = width
    }
    if (level === top) continue
    conv(`input_blocks.${skips.length}.0.op`, channels, channels)
    skips.push(channels)
  }
  block('middle_block.0', channels, channels)
  transformer('middle_block.1', channels)
  block('middle_block.2', channels, channels)
  let place = 0
  for (let level = top; level >= 0; level--) {
    const width = LEVELS[level] ?? 0
    for (let i = 0; i < 3; i++) {
      const name = `output_blocks.${place++}`
      block(`${name}.0`, channels + (skips.pop() ?? 0), width)
      if (level < top) transformer(`${name}.1`, width)
      if (level > 0 && i === 2) conv(`${name}.${level < top ? 2 : 1}.conv`, width, width)
      channels = width
    }
  }
  norm('out.0', channels)
  conv('out.2', channels, 4)
}

function autoencoder({ conv, norm }: Layers): void {
  const widths = [128, 256, 512, 512]
  const block = (name: string, into: number, out: number) => {
    norm(`${name}.norm1`, into)
    conv(`${name}.conv1`, into, out)
    norm(`${name}.norm2`, out)
    conv(`${name}.conv2`, out, out)
    if (into !== out) conv(`${name}.nin_shortcut`, into, out, 1)
  }
  const mid = (part: string) => {
    block(`${part}.mid.block_1`, 512, 512)
    norm(`${part}.mid.attn_1.norm`, 512)
    for (const one of ['q', 'k', 'v', 'proj_out']) conv(`${part}.mid.attn_1.${one}`, 512, 512, 1)
    block(`${part}.mid.block_2`, 512, 512)
  }
  conv('encoder.conv_in', 3, 128)
  let channels = 128
  for (const [level, width] of widths.entries()) {
    for (const i of [0, 1]) {
      block(`encoder.down.${level}.block.${i}`, channels, width)
      channels = width
    }
    if (level < 3) conv(`encoder.down.${level}.downsample.conv`, width, width)
  }
  mid('encoder')
  norm('encoder.norm_out', 512)
  conv('encoder.conv_out', 512, 8)
  conv('decoder.conv_in', 4, 512)
  mid('decoder')
  for (let level = 3; level >= 0; level--) {
    const width = widths[level] ?? 0
    for (const i of [0, 1, 2]) {
      block(`decoder.up.${level}.block.${i}`, channels, width)
      channels = width
    }
    if (level > 0) conv(`decoder.up.${level}.upsample.conv`, width, width)
  }
  norm('decoder.norm_out', 128)
  conv('decoder.conv_out', 128, 3)
  conv('quant_conv', 8, 8, 1)
  conv('post_quant_conv', 4, 4, 1)
}

function textEncoder({ add, linear, norm }: Layers): void {
  add('embeddings.token_embedding.weight', [49408, CONTEXT])
  add('embeddings.position_embedding.weight', [77, CONTEXT])
  for (let i = 0; i < 12; i++) {
    const name = `encoder.layers.${i}`
    for (const one of ['k_proj', 'v_proj', 'q_proj', 'out_proj']) linear(`${name}.self_attn.${one}`, CONTEXT, CONTEXT)
    norm(`${name}.layer_norm1`, CONTEXT)
    linear(`${name}.mlp.fc1`, CONTEXT, 4 * CONTEXT)
    linear(`${name}.mlp.fc2`, 4 * CONTEXT, CONTEXT)
    norm(`${name}.layer_norm2`, CONTEXT)
  }
  norm('final_layer_norm', CONTEXT)
}
