import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { cannotRead, type FileImageSet, makeOutputFolder, readTextFile, sharpCodec } from '@stablesig/backend-node'
import { type Key, parseKey, StableSigError } from '@stablesig/core'
import { PAPER_ATTACKS, parseAttacks } from '@stablesig/core/evaluation'
import { randomKeys } from '@stablesig/core/key'
import { heldOutPlaces } from '@stablesig/core/training'
import { autoencoderFiles, checkAutoencoderFiles, type NamedAutoencoder } from '../../autoencoder.ts'
import { UsageError } from '../../exit.ts'
import { checkImageLoss } from '../../image-loss.ts'
import { readingOf } from '../../inputs.ts'
import type { Io } from '../../io.ts'
import { spelled } from '../../options/spelled.ts'
import { heldOutPhotographs, photographsAt } from '../../photographs.ts'
import type { EvaluateOptions } from './command.ts'

/** Where signed decoders come from. */
export type DecoderSource =
  | { readonly kind: 'files'; readonly paths: readonly string[]; readonly keys: readonly Key[] }
  /** @property keysOf keys of as many bits as the extractor reads */
  | { readonly kind: 'sign'; readonly trainingImages: string; keysOf(bits: number): readonly Key[] }

/** An evaluation of which all is known to be right that can be known before an engine starts and weights are read. */
export interface EvaluationPlan {
  readonly autoencoder: NamedAutoencoder
  readonly images: FileImageSet
  readonly attacks: readonly string[]
  readonly source: DecoderSource
  readonly out: string
}

/** @throws UsageError for options that do not go together; StableSigError for paths and attacks that cannot be read */
export async function planEvaluation(options: EvaluateOptions, io: Io): Promise<EvaluationPlan> {
  const autoencoder = autoencoderFiles(options)
  const attacks = options.attacks ?? PAPER_ATTACKS
  parseAttacks(attacks, sharpCodec())
  const source = await sourceOf(options)
  await checkImageLoss(options)
  await checkAutoencoderFiles(autoencoder)
  await stat(options.extractor).catch(cannotRead(options.extractor))
  const paths = await photographsAt(options.images, io)
  const reading = readingOf({ maxPixels: options.maxPixels })
  const images = await heldOutPhotographs(fewer(paths, options.maxImages), reading, options.size, io)
  if (source.kind === 'sign') await checkApart(source.trainingImages, images.paths, io)
  const out = options.out.replace(/(?<=.)[/\\]+$/, '')
  await makeOutputFolder(out)
  return { autoencoder, images, attacks, source, out }
}

const fewer = (paths: readonly string[], most = paths.length): readonly string[] => {
  if (most >= paths.length) return paths
  const places = heldOutPlaces(paths.length, most)
  return paths.filter((_, i) => places.has(i))
}

async function sourceOf(options: EvaluateOptions): Promise<DecoderSource> {
  const { keys, keysFile, signed, keyFiles, trainingImages, seed } = options
  const ways = [keys, keysFile, signed].filter((way) => way !== undefined)
  if (ways.length !== 1)
    throw new UsageError('give one of --keys N, --keys-file FILE and --signed FILE…: whose decoders are to be measured')
  if (signed === undefined) {
    if (keyFiles !== undefined)
      throw new UsageError('--key-files belongs to --signed; --keys-file names keys to sign with')
    if (trainingImages === undefined)
      throw new UsageError('signing needs photographs to train on: --training-images FOLDER')
    const listed = keysFile === undefined ? null : await keysIn(keysFile)
    return { kind: 'sign', trainingImages, keysOf: (bits) => listed ?? randomKeys(keys ?? 0, bits, { seed }) }
  }
  if (trainingImages !== undefined)
    throw new UsageError('--training-images belongs to --keys and --keys-file: --signed names decoders that are signed')
  const unused = OF_SIGNING.find((name) => options[name] !== undefined)
  if (unused !== undefined || options.start === 'minter')
    throw new UsageError(`--${spelled(unused ?? 'start')} is for signing: --signed names decoders that are signed`)
  if (keyFiles?.length !== signed.length)
    throw new UsageError(
      `--signed names ${signed.length} decoders and --key-files ${keyFiles?.length ?? 0} keys: one each`,
    )
  for (const path of signed) await stat(path).catch(cannotRead(path))
  const read: Key[] = []
  for (const path of keyFiles) read.push(...(await keysIn(path, 1)))
  return { kind: 'files', paths: signed, keys: read }
}

/** Options without which a decoder that is signed already is measured. */
const OF_SIGNING = [
  'minter',
  'minterDecoder',
  'memory',
  'accumulate',
  'gradientCheckpointing',
  'steps',
  'batch',
  'lr',
  'imageLoss',
  'lossWeights',
  'lambdaImage',
  'temperature',
  'withoutAttacks',
  'trainingSize',
] as const

/** A key a line, for as many as anybody measures. */
const MAX_KEYS_BYTES = 2 ** 24

async function keysIn(path: string, count?: number): Promise<Key[]> {
  const lines = (await readTextFile(path, MAX_KEYS_BYTES)).split(/\r?\n/).map((line) => line.trim())
  const texts = lines.map((text, i) => ({ text, line: i + 1 })).filter(({ text }) => text !== '')
  if (texts.length === 0 || (count !== undefined && texts.length !== count))
    throw new StableSigError(
      'bad-key',
      `${path}: expected ${count === 1 ? 'one key' : 'keys, one per line'}, found ${texts.length} lines`,
    )
  return texts.map(({ text, line }) => {
    try {
      return parseKey(text)
    } catch (error) {
      if (!(error instanceof StableSigError)) throw error
      throw new StableSigError(error.code, `${path}, line ${line}: ${error.message}`, { cause: error })
    }
  })
}

/** Images that were trained on would be read better than others. */
async function checkApart(trainingImages: string, images: readonly string[], io: Io): Promise<void> {
  const trained = new Set((await photographsAt(trainingImages, io)).map((path) => resolve(path)))
  const both = images.find((path) => trained.has(resolve(path)))
  if (both !== undefined)
    throw new UsageError(`${both} is among --training-images and --images: measure on images that are not trained on`)
}
