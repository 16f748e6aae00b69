import { dirname } from 'node:path'
import {
  describeAutoencoder,
  type LatentDecoder,
  StableSigError,
  type StateTensor,
  tensorsNamed,
} from '@stablesig/core'
import { readConfigFile, readYamlFile } from '../models/config.ts'
import { type AutoencoderOrigin, originOf } from '../models/origin.ts'
import { type OpenWeights, openWeightsPath } from '../models/weights-path.ts'

/** An autoencoder as openAutoencoder gives it: which tensors its decoder has, and where they came from. */
export interface SignedOrigin {
  readonly decoder: Pick<LatentDecoder, 'family' | 'latentChannels' | 'downscale' | 'names'>
  readonly origin: AutoencoderOrigin
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
    const parsed = config
      ? await readYamlFile(config)
      : opened.config === null
        ? undefined
        : await readConfigFile(opened.config)
    const about = describeAutoencoder(state, parsed === undefined ? {} : { config: parsed })
    const { family, latentChannels, downscale, missing, wrong } = about
    if (missing.length + wrong.length > 0)
      throw new StableSigError(
        'bad-weights',
        `${path}: not all of an autoencoder (${about.layout}): missing ${missing.slice(0, 4).join(', ') || 'none'}; ${wrong.slice(0, 4).join('; ')}`,
      )
    const names = new Map<string, string>()
    for (const [ours, theirs] of about.names) if (ours.startsWith('decoder.')) names.set(ours.slice(8), theirs)
    if (names.size === 0) throw new StableSigError('bad-weights', `${path}: it holds an encoder, and no decoder`)
    const origin = originOf({ kind: 'bare', path: folder ?? path, files, index, config: opened.config })
    return { decoder: { family, latentChannels, downscale, names }, origin }
  } finally {
    await opened.close()
  }
}

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
export const readFrom = ({ path, files, index, config }: AutoencoderOrigin): string[] => [
  path,
  ...files,
  ...[index, config].filter((file) => file !== null),
  ...(config === null ? [] : [dirname(config)]),
]
