import { type KlFile, klState, type TinyShape, tinyState } from '@stablesig/testing/networks'
import type { StateDict, StateTensor } from '@stablesig/weights'
import { describe, expect, test } from 'vitest'
import { configForDiffusers, type KnownScaling } from './config-for-diffusers.ts'
import { type ArchitectureOptions, describeAutoencoder } from './describe.ts'
import type { KlShape } from './kl-plan.ts'
import { respellAutoencoder, storedAutoencoder } from './respell.ts'

const groups = 2
const plain = { widths: [4, 8], latentChannels: 4, blocks: 1, groups }
const scaling: KnownScaling = { kind: 'affine', scale: 0.18215, shift: 0 }

const described = (state: StateDict, options: ArchitectureOptions = { groups }) => ({
  state,
  about: describeAutoencoder(state, options),
})
const stored = (state: StateDict, options?: ArchitectureOptions) => storedAutoencoder(described(state, options))
const stateWith = (tensors: ReadonlyMap<string, StateTensor>): StateDict => ({
  source: 'written',
  format: 'safetensors',
  tensors,
  metadata: {},
})
/** Every tensor as text, by name. */
async function contentsOf(tensors: ReadonlyMap<string, StateTensor>): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const [name, { dtype, shape, read }] of tensors)
    all[name] = `${dtype} [${shape}] ${Buffer.from(await read()).toString('base64')}`
  return all
}

const KINDS: readonly (readonly [string, KlShape, KlFile])[] = [
  ['KL', plain, {}],
  ['KL without quant convolutions', { ...plain, latentChannels: 16, quantConv: false }, {}],
  ['KL with attention at a level', { ...plain, attention: [false, true] }, {}],
  ['FLUX.2', plain, { layout: 'FLUX.2' }],
  ['VQ', { ...plain, family: 'vq', latentChannels: 3 }, { codes: 12 }],
  [
    'VQGAN: attention at a level, codes of another width',
    { ...plain, family: 'vq', latentChannels: 3, zChannels: 6, attention: [false, true], midAttention: false },
    { codes: 12 },
  ],
]

function asDiffusers(shape: KlShape, file: KlFile): StateDict {
  const state = klState(shape, { ...file, layout: 'diffusers' })
  const statistics = [...klState(shape, file).tensors].filter(([name]) => name.startsWith('bn.'))
  return { ...state, tensors: new Map([...state.tensors, ...statistics]) }
}

describe.each(KINDS)('%s', (_, shape, file) => {
  const ldm = klState(shape, file)
  const diffusers = asDiffusers(shape, file)

  test('has the names and shapes that each project gives the same weights, bit for bit, and back again', async () => {
    for (const [from, to, name] of [
      [ldm, diffusers, 'diffusers'],
      [diffusers, ldm, 'LDM'],
    ] as const)
      expect(await contentsOf(respellAutoencoder(stored(from), name))).toEqual(await contentsOf(to.tensors))
  })

  test('has a config.json to which what is written holds, read by it alone', () => {
    const config = configForDiffusers(stored(ldm), scaling)
    const again = describeAutoencoder(stateWith(respellAutoencoder(stored(ldm), 'diffusers')), { config })
    expect(again).toMatchObject({ missing: [], unexpected: [], wrong: [], groups, layout: 'diffusers' })
    const names = [...describeAutoencoder(ldm, { groups }).names.keys()]
    expect([...again.names.keys()].sort()).toEqual(names.sort())
  })
})

const tiny = { width: 4, latentChannels: 16, pooled: false, spelling: 'taesd' } as const
const pair = (shape: TinyShape) =>
  storedAutoencoder(described(tinyState('decoder', shape), {}), described(tinyState('encoder', shape), {}))

describe('the tiny family', () => {
  test('comes out of its pair of files as diffusers has both halves, bit for bit', async () => {
    const spelling = 'diffusers' as const
    const halves = (['encoder', 'decoder'] as const).map((part) => tinyState(part, { ...tiny, spelling }).tensors)
    const written = respellAutoencoder(pair(tiny), 'diffusers')
    expect(await contentsOf(written)).toEqual(await contentsOf(new Map(halves.flatMap((half) => [...half]))))
    expect(() => respellAutoencoder(pair(tiny), 'LDM')).toThrow(/LDM has no names for/)
  })

  test('has the config.json that AutoencoderTiny has by default, but for widths and channels', () => {
    const widths = [4, 4, 4, 4]
    expect(configForDiffusers(pair(tiny), { kind: 'affine', scale: 1, shift: 0 })).toEqual({
      _class_name: 'AutoencoderTiny',
      act_fn: 'relu',
      decoder_block_out_channels: widths,
      encoder_block_out_channels: widths,
      force_upcast: false,
      in_channels: 3,
      latent_channels: 16,
      latent_magnitude: 3,
      latent_shift: 0.5,
      num_decoder_blocks: [3, 3, 3, 1],
      num_encoder_blocks: [1, 3, 3, 3],
      out_channels: 3,
      scaling_factor: 1,
      shift_factor: 0,
      upsample_fn: 'nearest',
      upsampling_scaling_factor: 2,
    })
  })

  test('has none where diffusers lacks a layer', () => {
    const made = () => configForDiffusers(pair({ ...tiny, latentChannels: 32, pooled: true }), scaling)
    expect(made).toThrow(/the encoder has blocks with a pooled branch \(layer 11.*AutoencoderTiny has no such thing/)
  })
})

describe('a config.json', () => {
  const config = (shape: KlShape, latents: KnownScaling = scaling, file: KlFile = {}) =>
    configForDiffusers(stored(klState(shape, file)), latents)
  const vq = { ...plain, family: 'vq', latentChannels: 3 } as const

  test('says what tensors and the generator tell', () => {
    expect(config({ ...plain, attention: [false, true] }, { ...scaling, shift: 0.0609 })).toMatchObject({
      _class_name: 'AutoencoderKL',
      block_out_channels: [4, 8],
      down_block_types: ['DownEncoderBlock2D', 'AttnDownEncoderBlock2D'],
      up_block_types: ['AttnUpDecoderBlock2D', 'UpDecoderBlock2D'],
      layers_per_block: 1,
      norm_num_groups: 2,
      scaling_factor: 0.18215,
      shift_factor: 0.0609,
      use_quant_conv: true,
    })
    const flux2 = config(plain, { kind: 'batch-norm', scale: 1, shift: 0 }, { layout: 'FLUX.2' })
    expect(flux2).toMatchObject({ _class_name: 'AutoencoderKLFlux2', patch_size: [2, 2], batch_norm_eps: 1e-4 })
    expect(flux2).not.toHaveProperty('scaling_factor')
    expect(config({ ...vq, zChannels: 6 }, { ...scaling, scale: 1 }, { codes: 12 })).toMatchObject({
      _class_name: 'VQModel',
      latent_channels: 6,
      vq_embed_dim: 3,
      num_vq_embeddings: 12,
      scaling_factor: 1,
    })
  })

  test.each([
    ['nothing tells the scale', plain, { ...scaling, kind: 'unknown' } as const, {}, /how latents are scaled/],
    ['channels change', { ...plain, zChannels: 6 }, scaling, {}, /change 6 channels to 4/],
    [
      'the first convolution has other channels',
      { ...plain, base: 8 },
      scaling,
      {},
      /begins with 8 channels.*level's, 4/,
    ],
    ['VQ lacks quant convolutions', { ...vq, quantConv: false }, scaling, { codes: 12 }, /no quant convolutions/],
    ['VQ is shifted', vq, { ...scaling, shift: 0.1 }, { codes: 12 }, /shifted by 0\.1/],
  ])('is refused where %s', (_, shape, latents, file, message) => {
    expect(() => config(shape, latents, file)).toThrow(message)
  })

  test('is refused where the halves differ in what it says once', () => {
    const [a, b] = [plain, { ...plain, blocks: 2 }].map((shape, i) =>
      described(klState(shape, { parts: [i ? 'encoder' : 'decoder'] })),
    )
    if (!a || !b) throw new Error('two halves')
    expect(() => configForDiffusers(storedAutoencoder(a, b), scaling)).toThrow(/blocks a level: 2 .* 1 in the decoder/)
  })
})

test('half an autoencoder is not written as a whole one', () => {
  expect(() => stored(klState(plain, { parts: ['decoder'] }))).toThrow(/decoder alone.*the encoder is missing/)
})
