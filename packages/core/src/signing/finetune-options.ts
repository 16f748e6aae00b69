import { checkCallback, checkNumber, checkObject, checkOptions, checkSignal } from '../arguments.ts'
import type { ImageLoss } from '../losses/image.ts'
import type { ImageLossName } from '../losses/named.ts'
import type { Autoencoder, LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder, checkDecoder, checkExtractor } from '../models/check-models.ts'
import type { Extractor } from '../models/extractor.ts'
import type { Key } from '../signal/key.ts'
import type { CheckpointStore } from '../training/checkpoint.ts'
import { checkImageSet, type ImageSet } from '../training/image-set.ts'
import type { Schedule } from '../training/schedules.ts'
import type { StepMemoryOptions } from '../training/step-memory.ts'
import type { EarlyStopping } from './early-stopping.ts'
import type { FinetuneProgress } from './finetune-report.ts'
import type { PresetName, RecipeChanges } from './recipes.ts'

/** A look at the decoder while it is being trained. */
export interface FinetunePreview {
  /** Steps between two looks. */
  readonly every: number
  /**
   * Called after each so many steps, and waited for.
   * @param decoder as it is after that step; it is freed when this returns
   * @param step steps done, from 1
   */
  show(decoder: LatentDecoder, step: number): void | Promise<void>
}

export interface FinetuneOptions extends RecipeChanges, StepMemoryOptions {
  readonly autoencoder: Autoencoder
  readonly extractor: Extractor
  /** As many bits as the extractor reads. */
  readonly key: Key
  /**
   * The decoder that training begins with: one that carries the key nearly, as a minter makes it. It is only read. Images are held to
   * what the autoencoder's own decoder makes, as ever. Default: the autoencoder's.
   */
  readonly start?: LatentDecoder | undefined
  /** Photographs to train on; what they show does not matter much, that they differ does. */
  readonly images: ImageSet
  /** The recipe, by name, of which what is given here is changed. Default 'balanced'. */
  readonly preset?: PresetName
  /** By name, or any other, such as `watsonVggLoss(…)` or an object of your own. Default: the recipe's. */
  readonly imageLoss?: ImageLossName | ImageLoss | undefined
  /** What the image loss is multiplied by. Default: what the loss says of itself, times the recipe's `imageWeight`. */
  readonly lambdaImage?: number
  /** Learning rate by step from 0. Default: the recipe's warm-up, and half a cosine over its steps. */
  readonly schedule?: Schedule
  /** Order of the images. Default 0. */
  readonly seed?: number
  /** Memory for latents and original decodes that are needed again. Default 512 MiB; what does not fit is computed again. */
  readonly cacheBytes?: number
  /**
   * Steps that are recorded before their losses are read: 1. More spares the way of weights and state between them where an
   * engine computes elsewhere (a GPU); results are the same. What must happen between two steps (a checkpoint, an evaluation)
   * still does; `signal` and `onStep` come when all of them are done. Steps in parts are read one by one.
   */
  readonly stepsPerFlush?: number | undefined
  /** Stops before all steps are done, as soon as held-out images are as good as asked; that they never are is no error. */
  readonly earlyStopping?: EarlyStopping | undefined
  /** Stops between two steps; a checkpoint is then written first. */
  readonly signal?: AbortSignal | undefined
  /** Called after each step, and waited for. */
  readonly onStep?: ((progress: FinetuneProgress) => void | Promise<void>) | undefined
  /** Shows the decoder between two steps, which changes nothing about it: for pictures of how far it is. */
  readonly preview?: FinetunePreview | undefined
  readonly checkpoint?: CheckpointStore | undefined
}

/** Models and functions are what they stand for, before anything is done with them. @throws StableSigError 'bad-argument', 'disposed' */
export function checkFinetuneOptions(options: FinetuneOptions): void {
  checkOptions(options, 'finetuneDecoder')
  const { autoencoder, extractor, start, images, imageLoss, schedule, checkpoint, preview, onStep, signal } = options
  checkAutoencoder(autoencoder)
  if (start !== undefined) checkDecoder(start, 'the decoder to start with')
  checkExtractor(extractor)
  checkImageSet(images, 'images')
  if (imageLoss !== undefined && typeof imageLoss !== 'string')
    checkObject(imageLoss, 'imageLoss', 'an image loss such as mse()', ['name', 'of'])
  if (checkpoint !== undefined) {
    checkObject(checkpoint, 'checkpoint', 'a place for checkpoints', ['read', 'write'])
    if (checkpoint.every !== undefined)
      checkNumber(checkpoint.every, 'checkpoint.every', 'a whole number from 1', (every) => every >= 1)
  }
  if (preview !== undefined) {
    checkObject(preview, 'preview', 'an object', ['every', 'show'])
    checkNumber(preview.every, 'preview.every', 'a whole number from 1', (n) => Number.isInteger(n) && n >= 1)
    checkCallback(preview.show, 'preview.show')
  }
  checkCallback(schedule, 'schedule')
  checkCallback(onStep, 'onStep')
  checkSignal(signal)
}
