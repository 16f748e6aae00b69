import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type OpenedAutoencoder, sha256File } from '@stablesig/backend-node'
import { type Key, keyId } from '@stablesig/core'
import type { EvaluateOptions } from './command.ts'
import type { EvaluationPlan } from './plan.ts'

/** All that an evaluation's counts depend on, so that they are gone on with by the same alone. Keys by their ids. */
export interface EvaluationSettings {
  /** SHA-256 of each of its files. */
  readonly autoencoder: readonly string[]
  readonly extractor: string
  readonly bits: number
  readonly size: number
  readonly images: readonly { readonly name: string; readonly sha256: string }[]
  readonly attacks: readonly string[]
  readonly keys: readonly string[]
  /** How decoders are signed; of those that were, the SHA-256 of each file. */
  readonly decoders: Readonly<Record<string, unknown>> | readonly string[]
}

/** Options that decide what a decoder that is signed here becomes; those of speed and reports are left out. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set<keyof EvaluateOptions>([
  ...([
    'device',
    'threads',
    'autoencoder',
    'encoder',
    'decoder',
    'config',
    'extractor',
    'images',
    'maxImages',
  ] as const),
  ...(['maxPixels', 'size', 'keys', 'keysFile', 'signed', 'keyFiles', 'trainingImages', 'attacks', 'fpr'] as const),
  ...(['out', 'json', 'memory', 'accumulate', 'gradientCheckpointing', 'lossWeights', 'minter'] as const),
])

export async function settingsOf(
  { images, attacks, source }: EvaluationPlan,
  {
    autoencoder,
    keys,
    bits,
  }: { readonly autoencoder: OpenedAutoencoder; readonly keys: readonly Key[]; readonly bits: number },
  trainingPaths: readonly string[],
  options: EvaluateOptions,
): Promise<EvaluationSettings> {
  const named: { name: string; sha256: string }[] = []
  for (const path of images.paths) named.push({ name: basename(path), sha256: await sha256File(path) })
  const ids: string[] = []
  for (const key of keys) ids.push(await keyId(key))
  return {
    autoencoder: await autoencoder.origin.sha256(),
    extractor: await sha256File(options.extractor),
    ...{ bits, size: options.size, images: named, attacks, keys: ids },
    decoders:
      source.kind === 'files'
        ? await hashesOf(source.paths)
        : {
            ...signingOptions(options),
            ...(options.lossWeights ? { lossWeights: await hashesOf(options.lossWeights) } : {}),
            ...(options.minter ? { minter: await sha256File(options.minter) } : {}),
            trainingImages: await hashOfList(trainingPaths),
          },
  }
}

const signingOptions = (options: EvaluateOptions): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options)
      .filter(([name]) => !WITHOUT_EFFECT.has(name) && name !== 'verbose')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

async function hashesOf(paths: readonly string[]): Promise<string[]> {
  const hashes: string[] = []
  for (const path of paths) hashes.push(await sha256File(path))
  return hashes
}

/** Of names and sizes: to read some hundred thousand photographs would take as long as to train on them. */
async function hashOfList(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(`${basename(path)}\t${(await stat(path)).size}\n`)
  return `${paths.length} images, ${hash.digest('hex')}`
}
