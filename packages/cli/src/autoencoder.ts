import { stat } from 'node:fs/promises'
import { cannotRead } from '@stablesig/backend-node'
import { AUTOENCODER_16 } from '@stablesig/models'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import type { AutoencoderOptions } from './options/shared.ts'
import type { AutoencodersOptions } from './options/tracing.ts'
import { standIn } from './shipped.ts'

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

/** The same with another decoder of its kind, which a file holds alone. */
export const withDecoder = (files: NamedAutoencoder, decoder: string): NamedAutoencoder => ({
  encoder: 'path' in files ? files.path : files.encoder,
  decoder,
  ...(files.config === undefined ? {} : { config: files.config }),
})

/** One of several autoencoders, by what its option was given. */
export interface NamedFiles {
  readonly name: string
  readonly files: NamedAutoencoder
}

/**
 * What openAutoencoder takes of each: those of --autoencoder, and those of --decoder with the one --encoder, our own where none is named.
 * @returns at least one
 * @throws UsageError when a half lacks the other, or one is named twice
 */
export function autoencodersOf(
  { autoencoder = [], encoder: named, decoder = [], config }: AutoencodersOptions,
  io: Io,
): NamedFiles[] {
  const encoder =
    named ?? (decoder.length > 0 ? standIn('encoder', AUTOENCODER_16, 'the encoder is that of', io) : undefined)
  if (encoder !== undefined && decoder.length === 0)
    throw new UsageError('--encoder needs --decoder PATH beside it; --autoencoder PATH names both')
  const more = config === undefined ? {} : { config }
  const half = encoder === undefined ? more : { ...more, encoder }
  const all = [
    ...autoencoder.map((path) => ({ name: path, files: autoencoderFiles({ autoencoder: path, ...more }) })),
    ...decoder.map((path) => ({ name: path, files: autoencoderFiles({ decoder: path, ...half }) })),
  ]
  // With nothing at all it says what is needed.
  if (all.length === 0) autoencoderFiles({})
  const names = all.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new UsageError(`${twice} is named twice: each decoder is one of several`)
  return all
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
