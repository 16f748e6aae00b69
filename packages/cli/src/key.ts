import { readFile } from 'node:fs/promises'
import { type Key, parseKey } from '@stablesig/core'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'

export interface KeyOptions {
  readonly key?: string
  readonly keyFile?: string
}

/**
 * The key from --key, else --key-file, else the environment's STABLESIG_KEY. Only the option shows in the list of processes.
 * @throws UsageError when there is none or two; StableSigError 'bad-key' by position
 */
export async function readKey(options: KeyOptions, io: Io): Promise<Key> {
  if (options.key !== undefined && options.keyFile !== undefined)
    throw new UsageError('--key and --key-file cannot be used together')
  if (options.key !== undefined) return parseKey(options.key)
  if (options.keyFile !== undefined) {
    const path = options.keyFile
    const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new UsageError(
        `cannot read the key file ${path}: ${cause.code === 'ENOENT' ? 'no such file' : cause.message}`,
      )
    })
    return parseKey(text.trim())
  }
  const fromEnvironment = io.env.STABLESIG_KEY?.trim()
  if (fromEnvironment) return parseKey(fromEnvironment)
  throw new UsageError('a key is needed: --key BITS, --key-file FILE or the environment variable STABLESIG_KEY')
}
