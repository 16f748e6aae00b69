import { StableSigError } from '@stablesig/core'
import { describeAutoencoder, describeExtractor } from '@stablesig/core/models'
import type { Good } from '@stablesig/testing/fuzz'
import { extractorState, klState, tinyState } from '@stablesig/testing/networks'
import { memorySource, modelState, openWeights, readConfig, type StateDict, writeSafetensors } from '@stablesig/weights'

/* Files of networks, which are also described, as `inspect` does, and configurations, held to such a file. */

const STATES = {
  /** Of two widths, in LDM's spelling. */
  kl: klState({ widths: [2, 4], latentChannels: 4, groups: 2, blocks: 1 }),
  /** As diffusers' AutoencoderTiny names it. */
  tiny: tinyState('decoder', { width: 2, latentChannels: 2, pooled: false, spelling: 'diffusers' }),
  /** Whitened, as TorchScript names it. */
  extractor: extractorState({ bits: 2, channels: 2, blocks: 1, prefix: '0.' }),
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
  const { kl, tiny, extractor } = STATES
  const tinyConfig = { _class_name: 'AutoencoderTiny', latent_channels: 2, scaling_factor: 1, shift_factor: 0 }
  return [
    await network('KL autoencoder', kl),
    await network('tiny decoder', tiny),
    await network('extractor', extractor),
    configuration('config.json of KL', KL, kl),
    configuration('config.json of FLUX.2', FLUX2, kl),
    configuration('config.json of tiny', tinyConfig, tiny),
    configuration('LDM configuration', LDM, kl),
  ]
}
