import { type Autoencoder, loadAutoencoder } from '@stablesig/core'
import { type AutoencoderOrigin, originOf } from './origin.ts'
import { openWeightsPath } from './weights-path.ts'

/** Where an autoencoder lies: in one place, or its halves in two. */
export type AutoencoderFiles =
  | {
      /** A file (checkpoint, bare weights, shard index) or a folder (diffusers' vae/, or a pipeline with one). */
      readonly path: string
      /** A yaml or json file that says what tensors cannot: groups, scale. Default: the config.json beside the weights. */
      readonly config?: string
    }
  | { readonly encoder: string; readonly decoder: string; readonly config?: string }

/** An autoencoder, and what is needed to write it back as it came. */
export interface OpenedAutoencoder extends Autoencoder {
  readonly origin: AutoencoderOrigin
}

/**
 * Loads an autoencoder of any family. Of a checkpoint only the autoencoder's tensors are read. The engine must be ready; every
 * file is closed when it returns.
 *
 *   await openAutoencoder({ path: 'v1-5-pruned.safetensors' })
 *   await openAutoencoder({ path: 'stable-diffusion-xl/vae' })
 *   await openAutoencoder({ encoder: 'taef2_encoder.pth', decoder: 'taef2_decoder.pth' })
 *
 * @throws StableSigError 'io', 'bad-weights', 'unsafe-weights', 'limit', 'unsupported' naming the file
 */
export async function openAutoencoder(files: AutoencoderFiles): Promise<OpenedAutoencoder> {
  return 'path' in files ? openWhole(files.path) : openPair(files.encoder, files.decoder)
}

async function openWhole(path: string): Promise<OpenedAutoencoder> {
  const { state, folder, files, index, config, close } = await openWeightsPath(path)
  try {
    const autoencoder = await loadAutoencoder({ encoder: state, decoder: state })
    const kind = config === null ? 'bare' : 'diffusers-folder'
    return { ...autoencoder, origin: originOf({ kind, path: folder ?? path, files, index, config }) }
  } finally {
    await close()
  }
}

async function openPair(encoder: string, decoder: string): Promise<OpenedAutoencoder> {
  const from = await openWeightsPath(encoder)
  try {
    const to = await openWeightsPath(decoder)
    try {
      const autoencoder = await loadAutoencoder({ encoder: from.state, decoder: to.state })
      const files = [...from.files, ...to.files]
      const origin = originOf({ kind: 'pair', path: decoder, files, index: to.index, config: to.config })
      return { ...autoencoder, origin }
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}
