import { join } from 'node:path'
import {
  type Minting,
  type MintingFiles,
  makeOutputFolder,
  openFile,
  readSigningHeader,
  type SigningFacts,
  withMinting,
  withWeights,
  writeFileAtomic,
} from '@stablesig/backend-node'
import { type Key, type Registry, readRegistry, StableSigError } from '@stablesig/core'
import { abortedError } from '@stablesig/core/errors'
import { EXIT, UsageError } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { makeProgress } from '../../progress.ts'
import type { MintOptions } from './command.ts'
import { factsOf } from './facts.ts'

interface Many {
  readonly options: MintOptions & { readonly keys: string }
  readonly minterHash: string
}

/** Mints for each user of a file of keys what is not in the folder yet. */
export async function mintMany(
  options: Many['options'],
  { minterHash, ...files }: MintingFiles & Pick<Many, 'minterHash'>,
  io: Io,
): Promise<number> {
  checkUsage(options)
  const registry = await registryAt(options.keys, files.minter.architecture.bits)
  const names = fileNames(registry, options.write === 'delta' ? '.delta' : '.safetensors')
  await makeOutputFolder(options.out)
  const progress = makeProgress(registry.size, io, options.json)
  let [done, made] = [0, 0]
  await withMinting(files, async (minting) => {
    for (const [user, name] of names) {
      if (io.signal.aborted)
        throw abortedError(io.signal, `stopped after ${done} of ${registry.size} users; repeat the command to go on`)
      const key = registry.keyOf(user)
      if (!key) throw new RangeError('a user of the registry has no key')
      const result = await mintOne(minting, join(options.out, name), key, { options, minterHash })
      if (result.made) made++
      progress.step(++done, 'users')
      if (options.json) io.out(jsonLine({ user, ...result }))
    }
  }).finally(() => progress.end())
  if (!options.json)
    io.out(
      `minted        ${made} of ${registry.size} users in ${options.out}${made < registry.size ? '; the others were there' : ''}\n`,
    )
  return EXIT.done
}

async function mintOne(minting: Minting, out: string, key: Key, { options, minterHash }: Many) {
  const signing = await factsOf(key, minterHash)
  const common = { out, keyId: signing.key.id }
  if (await isThere(out, signing)) return { ...common, bytes: null, made: false }
  if (options.write === 'delta') {
    const { file } = await minting.delta(key, signing)
    await writeFileAtomic(out, file)
    return { ...common, bytes: file.length, made: true }
  }
  const { card } = await minting.saveDecoder(out, key, {
    format: 'safetensors',
    signing,
    kept: [options.minter, options.keys],
  })
  return { ...common, bytes: card.output.files[0]?.bytes ?? null, made: true }
}

/**
 * Whether the file is there, of this very key and minter.
 * @throws StableSigError 'io' where another is
 */
async function isThere(path: string, signing: SigningFacts): Promise<boolean> {
  const found = await withWeights(path, async ({ metadata }) => readSigningHeader(metadata)).catch((error: unknown) => {
    if (!(error instanceof StableSigError)) throw error
    if (error.code === 'io' && isMissing(error)) return undefined
    throw new StableSigError(error.code, `${error.message}; remove it, and it is made anew`, { cause: error })
  })
  if (found === undefined) return false
  if (found?.key.id === signing.key.id && found.recipe?.minter_sha256 === signing.recipe?.minter_sha256) return true
  throw new StableSigError(
    'io',
    `${path} is there already, and was made with another key or another minter: move it away, or name another folder`,
  )
}

const isMissing = ({ cause }: StableSigError): boolean =>
  typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT'

function checkUsage(options: Many['options']): void {
  if (options.key !== undefined || options.keyFile !== undefined)
    throw new UsageError('--keys names the keys of many users: it cannot be used together with --key or --key-file')
  if (options.format !== 'same' && options.format !== 'safetensors')
    throw new UsageError('with --keys each decoder is a file of its own: --format safetensors, or none')
}

async function registryAt(path: string, bits: number): Promise<Registry> {
  const source = await openFile(path)
  try {
    const registry = await readRegistry(source)
    if (registry.size > 0 && registry.bits !== bits)
      throw new StableSigError('bad-registry', `${path}: its keys have ${registry.bits} bits, the minter takes ${bits}`)
    return registry
  } finally {
    await source.close()
  }
}

/** What a file system takes as a name, at most, with room for a temporary one and a card's. */
const MAX_NAME_BYTES = 200

/** Names of users as names of files, one for one: all but letters, digits, `-`, `_` and inner dots is escaped as in a URL. */
function fileNames(registry: Registry, ending: string): Map<string, string> {
  const names = new Map<string, string>()
  const used = new Map<string, string>()
  for (const user of registry.users()) {
    const stem = encodeURIComponent(user).replace(
      /[!'()*~]|^\.|\.$/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    )
    const [name, lower] = [`${stem}${ending}`, stem.toLowerCase()]
    if (name.length > MAX_NAME_BYTES)
      throw new StableSigError(
        'bad-registry',
        `the name of a user takes ${name.length} bytes as the name of a file, at most ${MAX_NAME_BYTES} are there`,
      )
    // Some file systems do not tell capitals from small letters.
    const other = used.get(lower)
    if (other !== undefined)
      throw new StableSigError(
        'bad-registry',
        `the users ${other} and ${user} differ in capitals alone, and so would their files: rename one`,
      )
    used.set(lower, user)
    names.set(user, name)
  }
  return names
}
