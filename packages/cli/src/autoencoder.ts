import { stat } from 'node:fs/promises'
import { cannotRead } from '@stablesig/backend-node'
import { UsageError } from './exit.ts'
import type { AutoencoderOptions } from './options/shared.ts'

/** What openAutoencoder takes, as a command line names it. */
export type NamedAutoencoder = { readonly config?: string } & (
  | { readonly path: string }
  | { readonly encoder: string; readonly decoder: string }
)

/**
 * What --autoencoder, or --encoder and --decoder, name.
 * @throws UsageError when both ways of naming it are used, or neither wholly
 */
export function autoencoderFiles({ autoencoder, encoder, decoder, config }: AutoencoderOptions): NamedAutoencoder {
  const more = config === undefined ? {} : { config }
  if (autoencoder !== undefined) {
    if (encoder !== undefined || decoder !== undefined)
      throw new UsageError('--autoencoder names both halves: it cannot be used together with --encoder or --decoder')
    return { path: autoencoder, ...more }
  }
  if (encoder !== undefined && decoder !== undefined) return { encoder, decoder, ...more }
  throw new UsageError(
    encoder === undefined
      ? 'an autoencoder is needed: --autoencoder PATH, or --encoder PATH and --decoder PATH'
      : '--encoder needs --decoder PATH beside it; --autoencoder PATH names both',
  )
}

/**
 * Says of a mistyped path that there is nothing before anything large is loaded.
 * @throws StableSigError 'io'
 */
export async function checkAutoencoderFiles(files: NamedAutoencoder): Promise<void> {
  const paths = 'path' in files ? [files.path] : [files.encoder, files.decoder]
  for (const path of files.config === undefined ? paths : [...paths, files.config])
    await stat(path).catch(cannotRead(path))
}
