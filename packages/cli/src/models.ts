import { type Engine, openAutoencoder, openExtractor, ready, withWeights } from '@stablesig/backend-node'
import { type Autoencoder, StableSigError } from '@stablesig/core'
import type { NamedAutoencoder, NamedFiles } from './autoencoder.ts'
import type { Own } from './disposal.ts'
import type { EngineOptions } from './options/shared.ts'

/** Starts the engine that a command's tensors live in. Models are loaded into it, so it comes first. */
export const startEngine = ({ device, threads }: EngineOptions): Promise<Engine> =>
  ready({ device, ...(threads === undefined ? {} : { threads }) })

/** The extractor that --extractor names. @throws StableSigError as openExtractor, with what is to be done */
export const extractorAt = (path: string) =>
  openExtractor(path).catch(wrongWeights([path], '--extractor takes the weights of an extractor'))

/** The autoencoder that --autoencoder, or --encoder and --decoder, name. @throws StableSigError likewise */
export const autoencoderAt = (files: NamedAutoencoder) =>
  openAutoencoder(files).catch(
    wrongWeights(
      'path' in files ? [files.path] : [files.encoder, files.decoder],
      'path' in files
        ? '--autoencoder takes what holds both halves, --encoder and --decoder take one each'
        : '--encoder and --decoder take the halves of one autoencoder',
    ),
  )

/** Several of them, each given to `own` as soon as it is open. @throws StableSigError likewise */
export async function autoencodersAt(
  all: readonly NamedFiles[],
  own: Own,
): Promise<{ readonly name: string; readonly autoencoder: Autoencoder }[]> {
  const named: { name: string; autoencoder: Autoencoder }[] = []
  for (const { name, files } of all) named.push({ name, autoencoder: own(await autoencoderAt(files)) })
  return named
}

/** A file of another network is the usual mistake, and `inspect` tells which one it holds: of files that it can read. */
const wrongWeights =
  (paths: readonly string[], expected: string) =>
  async (error: unknown): Promise<never> => {
    if (!(error instanceof StableSigError) || error.code !== 'bad-weights') throw error
    for (const path of paths) if (!(await isReadable(path))) throw error
    const message = `${error.message}. ${expected}; \`stablesig inspect\` tells what a file holds`
    throw new StableSigError(error.code, message, { cause: error })
  }

const isReadable = (path: string): Promise<boolean> =>
  withWeights(path, async () => true).catch((error: unknown) => {
    if (error instanceof StableSigError) return false
    throw error
  })
