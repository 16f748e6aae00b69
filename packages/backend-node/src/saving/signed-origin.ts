import { basename, dirname } from 'node:path'
import { type LatentDecoder, StableSigError } from '@stablesig/core'
import type { LatentScaling } from '@stablesig/core/latents'
import {
  type ArchitectureOptions,
  type AutoencoderDescription,
  describeAutoencoder,
  readLatentScaling,
} from '@stablesig/core/models'
import { tensorsNamed } from '@stablesig/core/weights'
import type { StateTensor } from '@stablesig/weights'
import { readConfigFile, readYamlFile } from '../models/config.ts'
import { type AutoencoderOrigin, originOf } from '../models/origin.ts'
import { type OpenWeights, openWeightsPath } from '../models/weights-path.ts'

/** An autoencoder as openAutoencoder gives it: which tensors its decoder has, and where they came from. */
export interface SignedOrigin {
  readonly decoder: Pick<LatentDecoder, 'family' | 'latentChannels' | 'downscale' | 'names'>
  readonly origin: AutoencoderOrigin
  /** How its generator scales latents, where it is known. */
  readonly latents?: Pick<LatentScaling, 'kind' | 'scale' | 'shift'>
}

/**
 * What there is to sign at a path, without an engine and without reading a tensor.
 * @param path as openAutoencoder takes it; a file of a decoder alone as well
 * @param config a yaml or json file that says what tensors cannot
 * @throws StableSigError as openAutoencoder; 'bad-weights' when no decoder is there, or not all of one
 */
export async function describeOrigin(path: string, config?: string): Promise<SignedOrigin> {
  const opened = await openWeightsPath(path)
  try {
    const { state, folder, files, index } = opened
    const { about, options } = await describeOpened(opened, { config: config ?? opened.config, groups: null })
    const { family, latentChannels, downscale, missing, wrong } = about
    if (missing.length + wrong.length > 0)
      throw new StableSigError(
        'bad-weights',
        `${path}: not all of an autoencoder (${about.layout}): missing ${missing.slice(0, 4).join(', ') || 'none'}; ${wrong.slice(0, 4).join('; ')}`,
      )
    const names = new Map<string, string>()
    for (const [ours, theirs] of about.names) if (ours.startsWith('decoder.')) names.set(ours.slice(8), theirs)
    if (names.size === 0) throw new StableSigError('bad-weights', `${path}: it holds an encoder, and no decoder`)
    const origin = originOf({
      kind: 'bare',
      path: folder ?? path,
      encoder: null,
      files,
      index,
      config: config ?? opened.config,
      groups: null,
    })
    const { kind, scale, shift } = await readLatentScaling(state, options)
    return { decoder: { family, latentChannels, downscale, names }, origin, latents: { kind, scale, shift } }
  } finally {
    await opened.close()
  }
}

/** What an open file or folder holds, with the configuration that speaks of it. */
export async function describeOpened(
  { state }: OpenWeights,
  { config, groups }: Pick<AutoencoderOrigin, 'config' | 'groups'>,
): Promise<{ about: AutoencoderDescription; options: ArchitectureOptions }> {
  const options = {
    ...(config === null ? {} : { config: await parsedConfig(config) }),
    ...(groups === null ? {} : { groups }),
  }
  return { about: describeAutoencoder(state, options), options }
}

/** A config.json, or a yaml. */
const parsedConfig = (path: string): Promise<unknown> =>
  basename(path) === 'config.json' ? readConfigFile(path) : readYamlFile(path)

/** Opens where an autoencoder came from, with its decoder's tensors by the model's own names; closes it afterwards. */
export async function withStored<T>(
  { origin, decoder }: SignedOrigin,
  use: (opened: OpenWeights, stored: ReadonlyMap<string, StateTensor>) => Promise<T>,
): Promise<T> {
  const opened = await openWeightsPath(origin.path)
  try {
    return await use(opened, tensorsNamed(opened.state, decoder.names))
  } finally {
    await opened.close()
  }
}

/** Every file and folder that a signed decoder is made from. */
export const readFrom = ({ path, encoder, files, index, config }: AutoencoderOrigin): string[] => [
  path,
  ...files,
  ...[encoder, index, config].filter((file) => file !== null),
  ...(config === null ? [] : [dirname(config)]),
]
