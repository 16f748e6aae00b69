import {
  type Autoencoder,
  type Extractor,
  type ExtractorOptions,
  loadAutoencoder,
  loadExtractor,
  openWeights,
  type StateDict,
} from '@stablesig/core'
import { openFile } from '../files/file-source.ts'

/** Opens a weights file, hands what it holds to `use`, and closes it. Tensors are read from it only until then. */
export async function withWeights<T>(path: string, use: (state: StateDict) => Promise<T>): Promise<T> {
  const source = await openFile(path)
  try {
    return await use(await openWeights(source))
  } finally {
    await source.close()
  }
}

/**
 * Loads an extractor from a file of any format that openWeights reads. The engine must be ready.
 * @throws StableSigError 'io', 'bad-weights', 'unsafe-weights', 'limit' naming the file
 */
export const openExtractor = (path: string, options?: ExtractorOptions): Promise<Extractor> =>
  withWeights(path, (state) => loadExtractor(state, options))

/**
 * Loads an encoder and the decoder that undoes it. The engine must be ready.
 * @throws StableSigError as openExtractor does; 'shape' when the two do not fit each other
 */
export const openAutoencoder = (encoder: string, decoder: string): Promise<Autoencoder> =>
  withWeights(encoder, (e) => withWeights(decoder, (d) => loadAutoencoder({ encoder: e, decoder: d })))
