import {
  type AutoencoderFiles,
  type Device,
  type Engine,
  openAutoencoder,
  openExtractor,
  ready,
} from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'

export interface EngineOptions {
  readonly device: Device | 'auto'
  readonly threads?: number
}

/** Starts the engine that a command's tensors live in. Models are loaded into it, so it comes first. */
export const startEngine = ({ device, threads }: EngineOptions): Promise<Engine> =>
  ready({ device, ...(threads === undefined ? {} : { threads }) })

/** The extractor that --extractor names. @throws StableSigError as openExtractor, with what to do about it */
export const extractorAt = (path: string) => openExtractor(path).catch(wrongWeights('--extractor', path))

/** The autoencoder that --autoencoder, or --encoder and --decoder, name. @throws StableSigError likewise */
export const autoencoderAt = (files: AutoencoderFiles) =>
  openAutoencoder(files).catch(
    'path' in files ? wrongWeights('--autoencoder', files.path) : wrongWeights('--encoder and --decoder', 'FILE'),
  )

/** A file of another network is the usual mistake, and `inspect` tells which one it holds. */
const wrongWeights =
  (option: string, path: string) =>
  (error: unknown): never => {
    if (!(error instanceof StableSigError) || error.code !== 'bad-weights') throw error
    const message = `${error.message}; \`stablesig inspect ${path}\` tells what was given to ${option}`
    throw new StableSigError(error.code, message, { cause: error })
  }
