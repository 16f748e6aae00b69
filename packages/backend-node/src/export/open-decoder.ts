import type { LatentDecoder } from '@stablesig/core'
import type { LatentScaling } from '@stablesig/core/latents'
import { readDecoder, readLatentScaling } from '@stablesig/core/models'
import { readConfigFile, readYamlFile } from '../models/config.ts'
import { openWeightsPath } from '../models/weights-path.ts'

/** A decoder on its own. */
export interface OpenedDecoder {
  readonly decoder: LatentDecoder
  /** Between its latents and a generator's; of kind 'unknown' where neither tensors nor config tell. */
  readonly latents: LatentScaling
  /** What the file says of itself; of a signed decoder the key's id. */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Loads the decoder of an autoencoder of any family, and reads nothing else of it. The engine must be ready.
 * @param path a file of weights (a checkpoint, a decoder alone, a shard index) or a folder as diffusers has it
 * @param config a yaml or json file that says what tensors cannot; default the config.json beside the weights
 * @throws StableSigError 'io', 'bad-weights', 'unsafe-weights', 'limit', 'unsupported' naming the file
 */
export async function openDecoder(path: string, config?: string): Promise<OpenedDecoder> {
  const { state, config: beside, close } = await openWeightsPath(path)
  try {
    const read = config === undefined ? beside && (await readConfigFile(beside)) : await readYamlFile(config)
    const options = read ? { config: read } : {}
    const latents = await readLatentScaling(state, options)
    return { decoder: await readDecoder(state, options), latents, metadata: state.metadata }
  } finally {
    await close()
  }
}
