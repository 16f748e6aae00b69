import { stat } from 'node:fs/promises'
import { type AutoencoderFiles, cannotRead } from '@stablesig/backend-node'
import { UsageError } from './exit.ts'
import type { AutoencoderOptions } from './options/shared.ts'
import type { AutoencodersOptions } from './options/tracing.ts'

/**
 * What openAutoencoder takes.
 * @throws UsageError when both ways of naming it are used, or neither wholly
 */
export function autoencoderFiles({ autoencoder, encoder, decoder, config }: AutoencoderOptions): AutoencoderFiles {
  const more = config === undefined ? {} : { config }
  if (autoencoder !== undefined) {
    if (encoder !== undefined || decoder !== undefined)
      throw new UsageError('--autoencoder names both halves: it cannot be used together with --encoder or --decoder')
    return { path: autoencoder, ...more }
  }
  if (encoder !== undefined && decoder !== undefined) return { encoder, decoder, ...more }
  if (encoder === undefined && decoder === undefined)
    throw new UsageError('an autoencoder is needed: --autoencoder PATH, or --encoder PATH and --decoder PATH')
  throw new UsageError(
    encoder === undefined
      ? '--decoder needs --encoder PATH beside it; --autoencoder PATH names both'
      : '--encoder needs --decoder PATH beside it; --autoencoder PATH names both',
  )
}

/** One of several autoencoders, by what its option was given. */
export interface NamedFiles {
  readonly name: string
  readonly files: AutoencoderFiles
}

/**
 * What openAutoencoder takes of each: those of --autoencoder, and those of --decoder with the one --encoder.
 * @returns at least one
 * @throws UsageError when a half lacks the other, or one is named twice
 */
export function autoencodersOf({ autoencoder = [], encoder, decoder = [], config }: AutoencodersOptions): NamedFiles[] {
  if (encoder !== undefined && decoder.length === 0)
    throw new UsageError('--encoder needs --decoder PATH beside it; --autoencoder PATH names both')
  const all = [
    ...autoencoder.map((path) => ({ name: path, files: autoencoderFiles({ autoencoder: path, config }) })),
    ...decoder.map((path) => ({ name: path, files: autoencoderFiles({ encoder, decoder: path, config }) })),
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
export async function checkAutoencoderFiles(files: AutoencoderFiles): Promise<void> {
  const paths = 'path' in files ? [files.path] : [files.encoder, files.decoder]
  for (const path of files.config === undefined ? paths : [...paths, files.config])
    await stat(path).catch(cannotRead(path))
}
