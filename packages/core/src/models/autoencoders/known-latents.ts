import { type StateDict, unwrapName } from '@stablesig/weights'
import type { Family } from './autoencoder.ts'
import type { LatentConfig } from './config-fields.ts'
import { GENERATORS, type Generator } from './generators.ts'
import { affineScaling, channelScaling, type LatentScaling, unknownScaling } from './latents.ts'

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
