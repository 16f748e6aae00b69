import {
  memorySource,
  modelState,
  openWeights,
  readConfig,
  type StateDict,
  type StateTensor,
  tensorData,
  writeSafetensors,
} from '@stablesig/weights'
import type { Good } from '@stablesig/weights/testing'
import { StableSigError } from '../packages/core/src/errors.ts'
import { describeAutoencoder } from '../packages/core/src/models/autoencoders/describe.ts'
import { klPlan, klShapes } from '../packages/core/src/models/autoencoders/kl-plan.ts'
import { describeExtractor } from '../packages/core/src/models/hidden/plan.ts'

/* Files of networks, which are also described, as `inspect` does, and configurations, held to such a file. */

/** A file of zeros: only names and shapes matter here. */
function stateOf(source: string, shapes: Readonly<Record<string, readonly number[]>>): StateDict {
  const tensors = new Map<string, StateTensor>()
  for (const [name, shape] of Object.entries(shapes)) {
    const { data, ...about } = tensorData(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)
    tensors.set(name, { ...about, read: async () => data })
  }
  return { source, format: 'safetensors', tensors, metadata: {} }
}

/** A KL autoencoder of two groups of channels, in LDM's spelling. */
function klState(): StateDict {
  const shapes: Record<string, readonly number[]> = {}
  for (const part of ['encoder', 'decoder'] as const)
    for (const [name, shape] of Object.entries(
      klShapes(klPlan(part, { widths: [2, 4], latentChannels: 4, groups: 2, blocks: 1 })),
    ))
      shapes[/^(post_)?quant_conv\./.test(name) ? name : `${part}.${name}`] = shape
  return stateOf('kl', shapes)
}

/** A decoder of two channels that doubles sides once, as diffusers' AutoencoderTiny names it. */
function tinyState(): StateDict {
  const shapes: Record<string, readonly number[]> = {}
  const conv = (name: string, into: number, out: number) => {
    shapes[`${name}.weight`] = [out, into, 3, 3]
    shapes[`${name}.bias`] = [out]
  }
  const layer = (i: number) => `decoder.layers.${i}`
  conv(layer(0), 2, 2)
  for (const i of [0, 2, 4]) conv(`${layer(2)}.conv.${i}`, 2, 2)
  // Behind the upsampling, which is layer 3, a convolution without a bias.
  shapes[`${layer(4)}.weight`] = [2, 2, 3, 3]
  for (const i of [0, 2, 4]) conv(`${layer(5)}.conv.${i}`, 2, 2)
  conv(layer(6), 2, 3)
  return stateOf('tiny', shapes)
}

/** A whitened extractor of two bits, as TorchScript names it. */
function extractorState(): StateDict {
  const shapes: Record<string, readonly number[]> = {}
  for (const [i, into] of [3, 2].entries()) {
    shapes[`0.layers.${i}.layers.0.weight`] = [2, into, 3, 3]
    for (const name of ['0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var'])
      shapes[`0.layers.${i}.layers.${name}`] = [2]
  }
  for (const name of ['0.linear', '1']) Object.assign(shapes, { [`${name}.weight`]: [2, 2], [`${name}.bias`]: [2] })
  return stateOf('extractor', shapes)
}

async function bytesOf({ tensors }: StateDict): Promise<Uint8Array> {
  const entries = [...tensors].map(async ([name, { dtype, shape, read }]) => [
    name,
    { dtype, shape, data: await read() },
  ])
  return writeSafetensors(Object.fromEntries(await Promise.all(entries)))
}

/** As either of the networks that there are; refused where it is neither. */
function describeEither(state: StateDict): void {
  const refusals: StableSigError[] = []
  for (const describe of [
    () => describeExtractor(state),
    () => describeAutoencoder(modelState(state), { groups: 2 }),
  ]) {
    try {
      describe()
    } catch (error) {
      if (!(error instanceof StableSigError)) throw error
      refusals.push(error)
    }
  }
  const [first, second] = refusals
  if (first && second) throw first
}

async function network(name: string, state: StateDict): Promise<Good> {
  const open = async (bytes: Uint8Array) => {
    const found = await openWeights(memorySource(name, bytes))
    describeEither(found)
    return found
  }
  return { name, bytes: await bytesOf(state), sealed: false, open }
}

const KL = {
  _class_name: 'AutoencoderKL',
  block_out_channels: [2, 4],
  down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
  layers_per_block: 1,
  latent_channels: 4,
  norm_num_groups: 2,
  scaling_factor: 0.18215,
  shift_factor: null,
  use_quant_conv: true,
}
const FLUX2 = { ...KL, _class_name: 'AutoencoderKLFlux2', patch_size: [2, 2], batch_norm_eps: 0.0001 }
const LDM = {
  model: {
    params: {
      scale_factor: 0.18215,
      first_stage_config: {
        target: 'ldm.models.autoencoder.AutoencoderKL',
        params: {
          embed_dim: 4,
          ddconfig: { ch: 2, ch_mult: [1, 2], num_res_blocks: 1, z_channels: 4, in_channels: 3, out_ch: 3 },
        },
      },
    },
  },
}

const configuration = (name: string, value: object, state: StateDict): Good => ({
  name,
  bytes: new TextEncoder().encode(JSON.stringify(value)),
  sealed: false,
  async open(bytes) {
    const config = await readConfig(memorySource(name, bytes))
    describeAutoencoder(state, { config, ...('model' in value ? { groups: 2 } : {}) })
    return null
  },
})

/** Networks of every family, and configurations of every kind. */
export async function networks(): Promise<readonly Good[]> {
  const decoder = tinyState()
  const kl = klState()
  const tinyConfig = { _class_name: 'AutoencoderTiny', latent_channels: 2, scaling_factor: 1, shift_factor: 0 }
  return [
    await network('KL autoencoder', kl),
    await network('tiny decoder', decoder),
    await network('extractor', extractorState()),
    configuration('config.json of KL', KL, kl),
    configuration('config.json of FLUX.2', FLUX2, kl),
    configuration('config.json of tiny', tinyConfig, decoder),
    configuration('LDM configuration', LDM, kl),
  ]
}
