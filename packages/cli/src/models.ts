import { type Device, openFile, ready } from '@stablesig/backend-node'
import {
  type Autoencoder,
  type Extractor,
  loadAutoencoder,
  loadExtractor,
  openWeights,
  type StateDict,
} from '@stablesig/core'

export interface EngineOptions {
  readonly device: Device | 'auto'
  readonly threads?: number
}

/** Starts the engine that a command's tensors live in. Models are loaded into it, so it comes first. */
export const startEngine = ({ device, threads }: EngineOptions) =>
  ready({ device, ...(threads === undefined ? {} : { threads }) })

/** Opens a weights file, hands its index to `use`, and closes it. */
export async function withWeights<T>(path: string, use: (state: StateDict) => Promise<T>): Promise<T> {
  const source = await openFile(path)
  try {
    return await use(await openWeights(source))
  } finally {
    await source.close()
  }
}

export const openExtractor = (path: string): Promise<Extractor> => withWeights(path, (state) => loadExtractor(state))

export const openAutoencoder = (encoder: string, decoder: string): Promise<Autoencoder> =>
  withWeights(encoder, (e) => withWeights(decoder, (d) => loadAutoencoder({ encoder: e, decoder: d })))
