import { type Key, parseKey, StableSigError } from '@stablesig/core'
import { checkKey } from '@stablesig/core/key'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import type { KeyOptions } from './options/shared.ts'

/** A key has some hundred characters: what is larger is another file. */
const MAX_KEY_FILE_BYTES = 2 ** 16

/**
 * The key from --key, else --key-file, else the environment's STABLESIG_KEY. Only the option shows in the list of processes.
 * @throws UsageError when there is none or two; StableSigError 'bad-key' by position
 */
export async function readKey(options: KeyOptions, io: Io): Promise<Key> {
  if (options.key !== undefined && options.keyFile !== undefined)
    throw new UsageError('--key and --key-file cannot be used together')
  const text = options.key ?? (await fromFile(options)) ?? io.env.STABLESIG_KEY?.trim()
  if (text || options.key !== undefined || options.keyFile !== undefined)
    return namingKey(options, () => parseKey(text ?? ''))
  throw new UsageError('a key is needed: --key BITS, --key-file FILE or the environment variable STABLESIG_KEY')
}

async function fromFile({ keyFile }: KeyOptions): Promise<string | undefined> {
  if (keyFile === undefined) return undefined
  const { readTextFile } = await import('@stablesig/backend-node')
  return (await readTextFile(keyFile, MAX_KEY_FILE_BYTES)).trim()
}

/**
 * Holds a key to the extractor that is to read it.
 * @throws StableSigError 'bad-key', naming the option or file
 */
export function checkKeyLength(key: Key, bits: number, options: KeyOptions): void {
  namingKey(options, () => checkKey(key, bits), `; \`stablesig keygen --bits ${bits}\` makes such a key`)
}

/** Errors about a key, with where it came from. */
function namingKey<T>({ key, keyFile }: KeyOptions, work: () => T, remedy = ''): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof StableSigError)) throw error
    const from = key !== undefined ? '--key' : keyFile !== undefined ? `--key-file ${keyFile}` : 'STABLESIG_KEY'
    throw new StableSigError(error.code, `${from}: ${error.message}${remedy}`, { cause: error })
  }
}
