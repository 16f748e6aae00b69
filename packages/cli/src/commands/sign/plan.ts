import { stat } from 'node:fs/promises'
import {
  cannotRead,
  checkOutputPlace,
  type FileImageSet,
  openMinter,
  type ReadImageOptions,
} from '@stablesig/backend-node'
import { type Key, StableSigError } from '@stablesig/core'
import type { Minter } from '@stablesig/core/minting'
import { PRESETS } from '@stablesig/core/training'
import { autoencoderFiles, checkAutoencoderFiles, type NamedAutoencoder } from '../../autoencoder.ts'
import { UsageError } from '../../exit.ts'
import { checkImageLoss } from '../../image-loss.ts'
import { readingOf } from '../../inputs.ts'
import type { Io } from '../../io.ts'
import { readKey } from '../../key.ts'
import { heldOutPhotographs, trainingPhotographs } from '../../photographs.ts'
import type { SignOptions } from './command.ts'
import { splitImages } from './split-images.ts'

/** Signed images are judged at this size at least: what is trained on small images is meant for larger ones. */
const JUDGED_AT = 256

/** What a minted decoder lacks is learnt in a few. */
const STEPS_FROM_A_MINTER = 20

/** What `--until-…` asks of held-out images. */
export interface Aims {
  readonly minBitAccuracy?: number
  readonly minPsnr?: number
  readonly evaluateEvery?: number
}

/** A signing of which all is known to be right that can be known before an engine starts and weights are read. */
export interface SigningPlan {
  readonly key: Key
  /** What training begins with is made by it; null for the original decoder. */
  readonly minter: Minter | null
  readonly autoencoder: NamedAutoencoder
  readonly out: string
  /** Where training that was interrupted goes on from. */
  readonly checkpoint: string
  readonly training: FileImageSet
  /** Photographs that are only judged on; they may be none. */
  readonly heldOut: FileImageSet
  /** Side of training images. */
  readonly size: number
  /** Side of held-out images. */
  readonly judgedAt: number
  readonly steps: number
  /** What is asked for may take longer than planned. */
  readonly maxSteps: number
  readonly aims: Aims | null
}

/** @throws UsageError for options that do not go together; StableSigError for paths that cannot be read or written */
export async function planSigning(options: SignOptions, io: Io): Promise<SigningPlan> {
  const autoencoder = autoencoderFiles(options)
  checkParts(options)
  const key = await readKey(options, io)
  // A folder that is to be written may be named with a slash behind it.
  const out = options.out.replace(/(?<=.)[/\\]+$/, '')
  await checkOutputPlace(out)
  if (options.delta) await checkOutputPlace(options.delta)
  await checkAutoencoderFiles(autoencoder)
  await checkInputFile(options.extractor)
  await checkImageLoss(options)
  const split = await splitImages(options, io)
  const reading: ReadImageOptions = readingOf({ maxPixels: options.maxPixels })
  const size = options.size ?? PRESETS[options.preset].size
  const judgedAt = Math.max(size, JUDGED_AT)
  const heldOut = await heldOutPhotographs(split.heldOut, reading, judgedAt, io)
  const aims = aimsOf(options, heldOut.length)
  const steps = options.steps ?? (options.start === 'minter' ? STEPS_FROM_A_MINTER : PRESETS[options.preset].steps)
  return {
    minter: await minterOf(options),
    key,
    autoencoder,
    out,
    checkpoint: `${out}.checkpoint`,
    training: trainingPhotographs(split.training, reading, io),
    heldOut,
    size,
    judgedAt,
    steps,
    maxSteps: aims ? 2 * steps : steps,
    aims,
  }
}

/** @throws UsageError where parts of a step would be of unequal size */
function checkParts({ accumulate = 1, batch, preset }: SignOptions): void {
  const images = batch ?? PRESETS[preset].batchSize
  if (images % accumulate)
    throw new UsageError(
      `--accumulate ${accumulate} does not cut a step's ${images} images into equal parts; take a divisor of ${images}, or another --batch`,
    )
}

/** @throws UsageError where one of --start minter and --minter lacks the other; StableSigError as openMinter */
async function minterOf({ start, minter, minterDecoder }: SignOptions): Promise<Minter | null> {
  if ((start === 'minter') !== (minter !== undefined))
    throw new UsageError('--start minter and --minter FILE belong together')
  if (minterDecoder !== undefined) {
    if (minter === undefined) throw new UsageError('--minter-decoder is what a minter changes: --minter FILE names it')
    await checkInputFile(minterDecoder)
  }
  return minter === undefined ? null : openMinter(minter)
}

/** What is asked of held-out images; null where nothing is. */
function aimsOf({ untilBits, untilPsnr, untilEvery }: SignOptions, heldOut: number): Aims | null {
  if (untilBits === undefined && untilPsnr === undefined) {
    if (untilEvery !== undefined) throw new UsageError('--until-every needs --until-bits or --until-psnr')
    return null
  }
  if (!heldOut) throw new UsageError('--until-bits and --until-psnr need held-out images: see --held-out')
  return {
    ...(untilBits === undefined ? {} : { minBitAccuracy: untilBits }),
    ...(untilPsnr === undefined ? {} : { minPsnr: untilPsnr }),
    ...(untilEvery === undefined ? {} : { evaluateEvery: untilEvery }),
  }
}

/** Says of a mistyped path that there is no file before anything large is loaded. */
async function checkInputFile(path: string): Promise<void> {
  const found = await stat(path).catch(cannotRead(path))
  if (!found.isFile()) throw new StableSigError('io', `cannot read ${path}: it is not a file`)
}
