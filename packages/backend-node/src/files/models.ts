import {
  type Autoencoder,
  type Extractor,
  type ExtractorOptions,
  loadAutoencoder,
  loadExtractor,
  openWeights,
  type StateDict,
} from '@stablesig/core'
import { openFile } from './file-source.ts'

/**
 * Opens a weights file of any format that is read, hands its index to `use`, and closes it.
 * @throws StableSigError 'io' when the file cannot be read, 'bad-weights' or 'unsafe-weights' when it is no weights file
 */
export async function withWeights<T>(path: string, use: (state: StateDict) => Promise<T>): Promise<T> {
  const source = await openFile(path)
  try {
    return await use(await openWeights(source))
  } finally {
    await source.close()
  }
}

/** An extractor from its file, in the engine that `ready` started. See loadExtractor. */
export const openExtractor = (path: string, options?: ExtractorOptions): Promise<Extractor> =>
  withWeights(path, (state) => loadExtractor(state, options))

/** An autoencoder from the files of its two halves, in the engine that `ready` started. See loadAutoencoder. */
export const openAutoencoder = (encoder: string, decoder: string): Promise<Autoencoder> =>
  withWeights(encoder, (e) => withWeights(decoder, (d) => loadAutoencoder({ encoder: e, decoder: d })))
