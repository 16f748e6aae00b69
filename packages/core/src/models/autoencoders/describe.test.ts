import '@tensorflow/tfjs-backend-cpu'
import { klState, stateOf, tinyState } from '@stablesig/testing/networks'
import type { StateDict, StateTensor } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from './config.ts'
import { type ArchitectureOptions, describeAutoencoder } from './describe.ts'
import { klPlan, klShapes } from './kl-plan.ts'
import { readAutoencoder, readDecoder, readLatentScaling } from './read-autoencoder.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

/** Names and shapes alone: whatever reads a tensor fails. */
function shapesOf(entries: Record<string, readonly number[]>, others: readonly string[] = []): StateDict {
  const read = async (): Promise<Uint8Array> => {
    throw new Error('a tensor was read')
  }
  const all = [...Object.entries(entries), ...others.map((name) => [name, [1]] as const)]
  const tensors = new Map(all.map(([name, shape]): [string, StateTensor] => [name, { dtype: 'float16', shape, read }]))
  return { source: 'file', format: 'safetensors', tensors, metadata: {} }
}

const without = (state: StateDict, ...names: string[]): StateDict => ({
  ...state,
  tensors: new Map([...state.tensors].filter(([name]) => !names.includes(name))),
})

const small = { widths: [4, 8], latentChannels: 4, blocks: 1, groups: 2 }

/** A published decoder's names and shapes, as LDM has them. */
function published(shape: Parameters<typeof klPlan>[1], prefix = ''): Record<string, readonly number[]> {
  const halves = (['encoder', 'decoder'] as const).flatMap((part) =>
    Object.entries(klShapes(klPlan(part, shape))).map(([name, size]): [string, readonly number[]] => [
      /quant_conv/.test(name) ? `${prefix}${name}` : `${prefix}${part}.${name}`,
      size,
    ]),
  )
  return Object.fromEntries(halves)
}

describe('describeAutoencoder', () => {
  test.each([
    ['Stable Diffusion 1', 4, [128, 256, 512, 512], true, 'cond_stage_model.x', 0.18215],
    ['SDXL', 4, [128, 256, 512, 512], true, 'conditioner.embedders.0.x', 0.13025],
    ['the x4 upscaler', 4, [128, 256, 512], true, 'cond_stage_model.x', 0.08333],
    ['SD3', 16, [128, 256, 512, 512], false, 'model.diffusion_model.joint_blocks.0.x', 1.5305],
    ['FLUX.1', 16, [128, 256, 512, 512], false, 'model.diffusion_model.double_blocks.0.x', 0.3611],
  ])(
    '%s: its size from names and shapes, its scale from what stands beside it',
    async (_, latentChannels, widths, quantConv, beside, scale) => {
      const entries = published({ widths, latentChannels, quantConv }, 'first_stage_model.')
      const state = shapesOf(entries, [beside])
      const found = describeAutoencoder(state)
      expect(found).toMatchObject({
        family: 'kl',
        layout: 'LDM',
        prefix: 'first_stage_model.',
        parts: ['encoder', 'decoder'],
        latentChannels,
        downscale: 2 ** (widths.length - 1),
        widths: { encoder: widths, decoder: widths },
        missing: [],
        unexpected: [],
        wrong: [],
      })
      expect(found.names.size).toBe(Object.keys(entries).length)
      expect(found.names.get('decoder.conv_in.weight')).toBe('first_stage_model.decoder.conv_in.weight')
      expect((await readLatentScaling(state)).scale).toBe(scale)
      const alone = await readLatentScaling(shapesOf(published({ widths, latentChannels, quantConv })))
      expect(alone.kind).toBe('unknown')
      expect(() => alone.toGenerator(tf.zeros([1, 1, 1, latentChannels]))).toThrow(/not known.*config\.json/)
      expect((await readLatentScaling(state, { generator: 'sdxl' })).scale).toBe(0.13025)
    },
  )

  test('a Stable Diffusion decoder has 49.5 million weights', () => {
    const shapes = Object.values(klShapes(klPlan('decoder', { widths: [128, 256, 512, 512], latentChannels: 4 })))
    const count = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)
    expect(count).toBe(49_490_199)
  })

  test.each([
    ['LDM', {}],
    ['diffusers', {}],
    ['diffusers, legacy attention', { parts: ['decoder'] as const }],
    ['FLUX.2', {}],
  ])('%s is told by its spelling', (layout, file) => {
    const found = describeAutoencoder(klState(small, { layout, prefix: 'vae.', ...file }), { groups: 2 })
    expect(found).toMatchObject({ layout, prefix: 'vae.', missing: [], unexpected: [], wrong: [] })
    expect(found.parts).toEqual('parts' in file ? ['decoder'] : ['encoder', 'decoder'])
  })

  test('VQ with attention within levels, and tiny halves', () => {
    const shape = { ...small, family: 'vq', attention: [false, true], latentChannels: 3, zChannels: 6 } as const
    const beside = {
      'loss.discriminator.main.0.weight': { dtype: 'float32', shape: [1], read: async () => new Uint8Array(4) },
    } as const
    const state = klState(shape, { codes: 24 })
    const taming: StateDict = { ...state, tensors: new Map([...state.tensors, ...Object.entries(beside)]) }
    expect(describeAutoencoder(taming, { groups: 2 })).toMatchObject({
      family: 'vq',
      latentChannels: 3,
      unexpected: [],
    })
    for (const part of ['encoder', 'decoder'] as const) {
      const tiny = tinyState(part, { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' })
      expect(describeAutoencoder(tiny)).toMatchObject({ family: 'tiny', layout: 'TAESD', parts: [part], downscale: 8 })
    }
  })

  test('lists what is missing, unexpected and wrong; reading refuses it with the nearest candidates', async () => {
    const state = klState(small)
    const renamed = state.tensors.get('decoder.up.0.block.0.conv1.weight')!
    const tensors = new Map(without(state, 'decoder.up.0.block.0.conv1.weight').tensors)
    tensors.set('decoder.up.0.block.0.conv1.wieght', renamed)
    tensors.set('decoder.conv_out.bias', renamed)
    const broken = { ...state, tensors }
    const found = describeAutoencoder(broken, { groups: 2 })
    expect(found.missing).toEqual(['decoder.up.0.block.0.conv1.weight'])
    expect(found.unexpected).toEqual(['decoder.up.0.block.0.conv1.wieght'])
    expect(found.wrong).toEqual(['decoder.conv_out.bias has shape [4, 8, 3, 3], expected [3]'])
    const before = tf.memory().numTensors
    await expect(readAutoencoder(broken, { groups: 2 })).rejects.toThrow(
      /conv1\.weight \(nearest there: decoder\.up\.0\.block\.0\.conv1\.wieght/,
    )
    expect(tf.memory().numTensors).toBe(before)
  })

  test('a damaged half does not keep the other from being read', async () => {
    const state = without(klState(small), 'encoder.conv_in.weight', 'encoder.mid.block_1.norm1.bias')
    const decoder = await readDecoder(state, { groups: 2 })
    decoder.dispose()
    await expect(readAutoencoder(state, { groups: 2 })).rejects.toThrow(/encoder\.conv_in\.weight/)
  })

  test.each([
    [
      'nothing of an autoencoder',
      stateOf({ 'text_model.encoder.layers.0.mlp.fc1.weight': [[1], [0]] }),
      {},
      /no tensor of an autoencoder/,
    ],
    [
      'a decoder alone where both are wanted',
      klState(small, { parts: ['decoder'] }),
      { groups: 2 },
      /holds the decoder.*no encoder/,
    ],
    ['groups that nothing tells', klState(small), {}, /levels of 4, 8 channels.*32 groups.*groups/],
    [
      'hundreds of levels',
      shapesOf({
        'decoder.up.999.block.0.conv1.weight': [4, 4, 3, 3],
        'encoder.down.0.block.0.conv1.weight': [4, 4, 3, 3],
      }),
      {},
      /encoder's architecture|counts to 999/,
    ],
    [
      'latents of different sizes',
      {
        ...klState(small),
        tensors: new Map([
          ...klState(small).tensors,
          ...klState({ ...small, latentChannels: 2 }, { parts: ['decoder'] }).tensors,
        ]),
      },
      { groups: 2 },
      /makes 4 channels.*takes 2/,
    ],
    [
      'not finite values',
      {
        ...klState(small),
        tensors: new Map([
          ...klState(small).tensors,
          ...stateOf({ 'decoder.conv_out.bias': [[3], [0, Number.NaN, 0]] }).tensors,
        ]),
      },
      { groups: 2 },
      /decoder\.conv_out\.bias holds NaN/,
    ],
  ] as [string, StateDict, ArchitectureOptions, RegExp][])('refuses %s', async (_, state, options, message) => {
    const before = tf.memory().numTensors
    await expect(readAutoencoder(state, options)).rejects.toThrow(message)
    await expect(readAutoencoder(state, options)).rejects.toMatchObject({ name: 'StableSigError' })
    expect(tf.memory().numTensors).toBe(before)
  })
})

test('a file of very many strange names is refused in bounded time', () => {
  const many = (name: (i: number) => string) =>
    shapesOf(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [name(i), [1]])))
  expect(() => describeAutoencoder(many((i) => `decoder.up.${i}.block.0.conv1.weight`))).toThrow(/at most 4096/)
  expect(() => describeAutoencoder(many((i) => `${i}.weight`))).toThrow(/at most 4096/)
  expect(() => describeAutoencoder(many((i) => `${'a.'.repeat(100)}${i}.weight`))).toThrow(
    /no tensor of an autoencoder/,
  )
})

test.each([
  ['quantize.embed.weight', [8, 4], /logits \(Gumbel\)/],
  ['decoder.conv_in.weight', [8, 4, 3, 3, 3], /is of videos/],
  ['decoder.up.0.block.0.time_stack.in_layers.0.weight', [8], /is of videos/],
  ['encoder.stages.0.op_list.0.main.conv1.conv.weight', [8, 8, 3, 3], /deep compression/],
  ['decoder.up_blocks.0.resnets.0.norm1.conv_y.weight', [8, 4, 1, 1], /MoVQ/],
])('a kind that this library does not have is called by its name: %s', (name, shape, message) => {
  const state = shapesOf({ 'decoder.mid.block_1.norm1.weight': [8], [name]: shape })
  expect(() => describeAutoencoder(state)).toThrowError(
    expect.objectContaining({ code: 'unsupported', message: expect.stringMatching(message) }),
  )
})

describe('configurations', () => {
  const diffusers = {
    _class_name: 'AutoencoderKL',
    block_out_channels: [4, 8],
    layers_per_block: 1,
    latent_channels: 4,
    norm_num_groups: 2,
    down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
    up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
    scaling_factor: 0.13025,
  }
  const ddconfig = {
    double_z: true,
    z_channels: 4,
    resolution: 16,
    in_channels: 3,
    out_ch: 3,
    ch: 4,
    ch_mult: [1, 2],
    num_res_blocks: 1,
    attn_resolutions: [],
  }
  const first = { target: 'ldm.models.autoencoder.AutoencoderKL', params: { embed_dim: 4, ddconfig } }

  test('a config.json tells what tensors do not, and tensors are held to it', async () => {
    const state = klState(small, { layout: 'diffusers' })
    expect(describeAutoencoder(state, { config: diffusers })).toMatchObject({ missing: [], unexpected: [], wrong: [] })
    expect((await readLatentScaling(state, { config: diffusers })).scale).toBe(0.13025)
    const wider = { ...diffusers, block_out_channels: [4, 16], layers_per_block: 2 }
    const found = describeAutoencoder(state, { config: wider })
    expect(found.missing).toContain('decoder.up_blocks.0.resnets.2.norm1.weight')
    expect(found.wrong).toContain('decoder.conv_in.weight has shape [8, 4, 3, 3], expected [16, 4, 3, 3]')
    const others = tinyState('decoder', { width: 4, latentChannels: 4, pooled: false, spelling: 'diffusers' })
    expect(() => describeAutoencoder(others, { config: diffusers })).toThrow(/config is of AutoencoderKL/)
    const tiny = { _class_name: 'AutoencoderTiny', latent_channels: 16 }
    expect(() => describeAutoencoder(others, { config: tiny })).toThrow(/4 channels, 16 as its config says/)
  })

  test('FLUX.2’s statistics of latents belong to the whole, and a half does without', async () => {
    const config = { ...diffusers, _class_name: 'AutoencoderKLFlux2', patch_size: [2, 2] }
    const whole = klState(small, { layout: 'diffusers' })
    expect(describeAutoencoder(whole, { config }).missing).toEqual(['bn.running_mean', 'bn.running_var'])
    const half = klState(small, { layout: 'diffusers', parts: ['decoder'] })
    expect(describeAutoencoder(half, { config }).missing).toEqual([])
    expect((await readLatentScaling(half, { config })).kind).toBe('unknown')
    expect((await readLatentScaling(klState(small, { layout: 'FLUX.2' }), { groups: 2 })).kind).toBe('batch-norm')
  })

  test('a yaml of a first stage and of a whole model tell the same; LDM’s groups are 32', () => {
    const wide = { ...first, params: { embed_dim: 4, ddconfig: { ...ddconfig, ch: 32 } } }
    const state = shapesOf(published({ widths: [32, 64], latentChannels: 4, blocks: 1 }))
    const whole = { model: { params: { scale_factor: 0.18215, first_stage_config: wide } } }
    for (const config of [whole, { model: wide }, wide.params])
      expect(describeAutoencoder(state, { config })).toMatchObject({ missing: [], unexpected: [], wrong: [] })
    expect(parseConfig(whole).latents).toEqual({ scale: 0.18215, shift: 0 })
    const taming = {
      model: {
        target: 'taming.models.vqgan.VQModel',
        params: { embed_dim: 3, n_embed: 9, ddconfig: { ...ddconfig, double_z: false, attn_resolutions: [8] } },
      },
    }
    const shape = { ...small, family: 'vq', attention: [false, true], latentChannels: 3, zChannels: 4 } as const
    const found = describeAutoencoder(klState(shape, { codes: 9 }), { config: taming, groups: 2 })
    expect(found).toMatchObject({ family: 'vq', missing: [], unexpected: [], wrong: [] })
    const flux = { ...ddconfig, scale_factor: 0.3611, shift_factor: 0.1159, double_z: undefined }
    const bare = klState({ ...small, quantConv: false })
    expect(describeAutoencoder(bare, { config: flux, groups: 2 })).toMatchObject({ missing: [], unexpected: [] })
    expect(parseConfig(flux).latents).toEqual({ scale: 0.3611, shift: 0.1159 })
  })

  test.each([
    [null, /not an object/],
    [[], /not an object/],
    [{ sample_size: 4 }, /none of _class_name.*sample_size/],
    [{ ...diffusers, _class_name: 'AutoencoderKl' }, /"AutoencoderKl".*nearest: AutoencoderKL/],
    [{ ...diffusers, _class_name: 'AsymmetricAutoencoderKL' }, /AsymmetricAutoencoderKL/],
    [{ ...diffusers, block_out_channels: [] }, /block_out_channels is \[\]/],
    [{ ...diffusers, block_out_channels: [4, 1e9] }, /block_out_channels/],
    [{ ...diffusers, block_out_channels: Array(1000).fill(4) }, /list of 1 to 16/],
    [{ ...diffusers, layers_per_block: 1e9 }, /layers_per_block/],
    [{ ...diffusers, layers_per_block: '2' }, /layers_per_block is "2"/],
    [{ ...diffusers, norm_num_groups: 0 }, /norm_num_groups is 0/],
    [{ ...diffusers, act_fn: 'gelu' }, /act_fn is "gelu"; this library has silu/],
    [{ ...diffusers, in_channels: 4 }, /in_channels is 4/],
    [{ ...diffusers, up_block_types: ['UpDecoderBlock2D'] }, /up_block_types does not tell of 2 levels/],
    [{ ...diffusers, up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2d'] }, /nearest: UpDecoderBlock2D/],
    [{ ...diffusers, scaling_factor: 'x' }, /scaling_factor is "x"/],
    [{ ...diffusers, latents_mean: [0], latents_std: ['a'] }, /latents_std is no list of numbers/],
    [{ ...diffusers, _class_name: 'VQModel', norm_type: 'spatial' }, /norm_type is "spatial"/],
    [{ ...diffusers, _class_name: 'AutoencoderKLFlux2', patch_size: [4, 4] }, /patch_size is \[4,4\]/],
    [{ _class_name: 'AutoencoderTiny', act_fn: 'gelu' }, /act_fn is "gelu"/],
    [{ ddconfig: { ...ddconfig, ch: undefined } }, /ddconfig\.ch is missing/],
    [{ ddconfig: { ...ddconfig, attn_type: 'linear' } }, /attn_type is "linear"/],
    [{ target: 'taming.models.vqgan.GumbelVQ', params: { ddconfig } }, /GumbelVQ looks codes up/],
  ])('refuses %j', (config, message) => {
    expect(() => parseConfig(config)).toThrow(message)
    expect(() => parseConfig(config)).toThrowError(expect.objectContaining({ code: 'unsupported' }))
  })
})
