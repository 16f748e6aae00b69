import { type Autoencoder, type Extractor, loadExtractor } from '@stablesig/core'
import { type ArchitectureOptions, type ExtractorOptions, readAutoencoder, requireEngine } from '@stablesig/core/models'
import { modelState, openWeights, type StateDict } from '@stablesig/weights'
import { type WeightsInput, type WeightsSourceOptions, weightsSource } from './weights-source.ts'

/** The tensors of a weights file of any format that openWeights reads. @throws StableSigError as `weightsSource` and `openWeights` */
export async function openWeightsInput(input: WeightsInput, options: WeightsSourceOptions = {}): Promise<StateDict> {
  return modelState(await openWeights(await weightsSource(input, options)))
}

export type OpenExtractorOptions = ExtractorOptions & WeightsSourceOptions

/**
 * Loads an extractor from a URL or a chosen file. The engine must be ready.
 * @throws StableSigError as `weightsSource`; 'bad-weights', 'unsafe-weights' naming the file; 'no-engine' before ready()
 */
export async function openExtractor(input: WeightsInput, options: OpenExtractorOptions = {}): Promise<Extractor> {
  requireEngine()
  const { redundancy } = options
  return loadExtractor(await openWeightsInput(input, options), redundancy === undefined ? {} : { redundancy })
}

export type OpenAutoencoderOptions = ArchitectureOptions & WeightsSourceOptions

/**
 * Loads an autoencoder of any family from a URL or a chosen file that holds both halves. The engine must be ready.
 * @throws StableSigError as `openExtractor`
 */
export async function openAutoencoder(input: WeightsInput, options: OpenAutoencoderOptions = {}): Promise<Autoencoder> {
  requireEngine()
  return readAutoencoder(await openWeightsInput(input, options), options)
}
