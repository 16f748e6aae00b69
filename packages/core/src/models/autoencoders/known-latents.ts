import { type StateDict, unwrapName } from '@stablesig/weights'
import type { Family } from './autoencoder.ts'
import type { LatentConfig } from './config-fields.ts'
import { affineScaling, channelScaling, type LatentScaling, unknownScaling } from './latents.ts'

/** How published generators scale their latents. Shapes do not tell SD 1 from SDXL, nor SD3 from FLUX.1. */
export const GENERATORS = {
  /** Stable Diffusion 1 and 2. */
  sd1: { scale: 0.18215, shift: 0 },
  sdxl: { scale: 0.13025, shift: 0 },
  'sd-x4-upscaler': { scale: 0.08333, shift: 0 },
  sd3: { scale: 1.5305, shift: 0.0609 },
  flux1: { scale: 0.3611, shift: 0.1159 },
  /** Tiny autoencoders' latents are the generator's already. */
  taesd: { scale: 1, shift: 0 },
} as const

export type Generator = keyof typeof GENERATORS

/** The scaling of a published generator's latents. */
export const latentScaling = (generator: Generator): LatentScaling => {
  const { scale, shift } = GENERATORS[generator]
  return affineScaling(scale, shift)
}

/** The scaling that a config tells. */
export const configuredScaling = ({ scale, shift, mean, std }: LatentConfig): LatentScaling =>
  mean && std ? channelScaling(mean, std, scale) : affineScaling(scale, shift)

/**
 * The scaling where no config is: told by the rest of a whole checkpoint. 'unknown' for a KL autoencoder on its own, since SD 1's
 * has the shapes of SDXL's, and SD3's those of FLUX.1.
 */
export function guessedScaling(
  state: StateDict,
  { family, latentChannels, downscale }: { family: Family; latentChannels: number; downscale: number },
): LatentScaling {
  // Tiny latents are a generator's already; LDM's VQ models have a scale of 1.
  if (family !== 'kl') return affineScaling(1)
  // A PyTorch file's names begin with the path to their dictionary: state_dict/cond_stage_model.…
  const names = [...state.tensors.keys()].map((name) => unwrapName(name.slice(name.lastIndexOf('/') + 1)))
  const holds = (part: string) => names.some((name) => name.startsWith(part))
  const signs: readonly (readonly [Generator, boolean])[] = [
    ['sdxl', latentChannels === 4 && holds('conditioner.embedders.')],
    ['sd-x4-upscaler', latentChannels === 4 && downscale === 4 && holds('cond_stage_model.')],
    ['sd1', latentChannels === 4 && holds('cond_stage_model.')],
    ['sd3', latentChannels === 16 && holds('model.diffusion_model.joint_blocks.')],
    ['flux1', latentChannels === 16 && holds('model.diffusion_model.double_blocks.')],
  ]
  const sign = signs.find(([, fits]) => fits)
  if (sign) return latentScaling(sign[0])
  return unknownScaling(
    `${state.source} holds an autoencoder of ${latentChannels} channels and nothing of its generator; ` +
      `pass its config.json or yaml, or name the generator: ${Object.keys(GENERATORS).join(', ')}`,
  )
}
