import { type Extractor, loadExtractor } from '@stablesig/core'
import type { ExtractorOptions } from '@stablesig/core/models'
import type { StateDict } from '@stablesig/weights'
import { pathOf } from '../files/path-of.ts'
import { openWeightsPath } from './weights-path.ts'

/** Opens weights, hands what they hold to `use`, and closes their files. Tensors are read from them only until then. */
export async function withWeights<T>(path: string, use: (state: StateDict) => Promise<T>): Promise<T> {
  const { state, close } = await openWeightsPath(path)
  try {
    return await use(state)
  } finally {
    await close()
  }
}

/**
 * Loads an extractor from a file of any format that openWeights reads, by its path or file: URL. The engine must be ready.
 * @throws StableSigError 'io', 'bad-weights', 'unsafe-weights', 'limit' naming the file
 */
export const openExtractor = async (path: string | URL, options?: ExtractorOptions): Promise<Extractor> =>
  withWeights(pathOf(path), (state) => loadExtractor(state, options))
