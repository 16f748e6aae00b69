import { checkNumber } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { imageLoss as imageLossNamed } from '../losses/named.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import type { Weights } from '../models/weights.ts'
import { checkKey, type Key } from '../signal/key.ts'
import type { CheckpointStore } from '../training/checkpoint.ts'
import { flatLayout } from '../training/flat.ts'
import { checkedImages, type ImageSet } from '../training/image-set.ts'
import { type BatchOrder, batchOrder } from '../training/order.ts'
import type { Schedule } from '../training/schedules.ts'
import { type StepMemory, stepMemory } from '../training/step-memory.ts'
import { type EarlyStoppingPlan, planEarlyStopping } from './early-stopping.ts'
import { checkFinetuneOptions, type FinetuneOptions } from './finetune-options.ts'
import type { FinetuneModel } from './finetune-step.ts'
import { type RecipeChanges, recipeOf, recipeSchedule, type UsedRecipe } from './recipes.ts'

/** A fine-tuning with everything checked and nothing left open. It holds no tensor but those of the models that were given. */
export interface FinetunePlan {
  readonly autoencoder: Autoencoder
  readonly key: Key
  /** What training begins with, where it is not the original decoder's weights. */
  readonly start: Weights | null
  readonly model: FinetuneModel
  readonly recipe: UsedRecipe
  readonly memory: StepMemory
  /** To train on, checked as they are read. */
  readonly images: ImageSet
  readonly order: BatchOrder
  readonly schedule: Schedule
  readonly seed: number
  /** At most. */
  readonly steps: number
  readonly cacheBytes: number
  readonly stepsPerFlush: number
  readonly earlyStopping: EarlyStoppingPlan | null
  readonly checkpoint: Required<CheckpointStore> | null
  readonly preview: FinetuneOptions['preview']
  readonly signal: AbortSignal | undefined
  readonly onStep: FinetuneOptions['onStep']
}

/** Bytes that may be kept by default. */
const CACHE_BYTES = 512 * 2 ** 20
const CHECKPOINT_EVERY = 10

/**
 * Checks what was given and fills in what was not. Nothing is read and no tensor made.
 * @throws StableSigError 'bad-argument' naming the field, 'bad-key', 'disposed'
 */
export function planFinetune(options: FinetuneOptions): FinetunePlan {
  checkFinetuneOptions(options)
  const { autoencoder, extractor, key, seed = 0, stepsPerFlush = 1, cacheBytes = CACHE_BYTES } = options
  const used = recipeOf(options.preset ?? 'balanced', changesOf(options))
  const { size, batchSize } = used.recipe
  const wanted = options.imageLoss ?? used.recipe.imageLoss
  const imageLoss = typeof wanted === 'string' ? imageLossNamed(wanted) : wanted
  const lambdaImage = options.lambdaImage ?? imageLoss.defaultWeight * used.recipe.imageWeight
  checkNumber(lambdaImage, 'lambdaImage', 'a number from 0', (value) => value >= 0 && Number.isFinite(value))
  checkNumber(stepsPerFlush, 'stepsPerFlush', 'a whole number from 1', (value) => Number.isInteger(value) && value >= 1)
  checkNumber(seed, 'seed', 'a number', Number.isFinite)
  checkNumber(cacheBytes, 'cacheBytes', 'a number of bytes from 0', (bytes) => bytes >= 0)
  checkKey(key, extractor.bits)
  if (size % autoencoder.downscale)
    throw new StableSigError('bad-argument', `size is ${size}, expected a multiple of ${autoencoder.downscale}`)

  const { images, earlyStopping } = imagesOf(options, used.recipe)
  const memory = stepMemory(autoencoder.decoder, extractor, used.recipe, options)
  return {
    start: options.start?.weights ?? null,
    ...{ autoencoder, key, recipe: used.recipe, memory, images, seed, cacheBytes, stepsPerFlush, earlyStopping },
    model: {
      ...{ decoder: autoencoder.decoder, extractor, layout: flatLayout(autoencoder.decoder.weights) },
      ...{ imageLoss, lambdaImage, temperature: used.recipe.temperature, optimizer: used.optimizer },
      gradientCheckpointing: memory.gradientCheckpointing,
    },
    order: batchOrder(seed, images.length, batchSize),
    schedule: options.schedule ?? recipeSchedule(used.recipe),
    steps: earlyStopping?.maxSteps ?? used.recipe.steps,
    checkpoint: options.checkpoint ? checkpointOf(options.checkpoint) : null,
    ...{ preview: options.preview, signal: options.signal, onStep: options.onStep },
  }
}

/** What of a recipe is among the options. */
function changesOf(options: FinetuneOptions): RecipeChanges {
  const { steps, batchSize, optimizer, learningRate, finalLearningRateRatio, warmup, restFirst, size } = options
  const { weightDecay, temperature, imageWeight, attacks } = options
  return {
    ...{ steps, batchSize, optimizer, learningRate, finalLearningRateRatio, warmup, restFirst, size },
    ...{ weightDecay, temperature, imageWeight, attacks },
  }
}

/** Images to train on, and when held-out ones end it. */
function imagesOf({ autoencoder, ...options }: FinetuneOptions, { size, steps }: UsedRecipe) {
  const images = checkedImages(options.images, 'training image')
  const parts = options.earlyStopping && planEarlyStopping(options.earlyStopping, images, { size, steps }, autoencoder)
  const training = parts?.training ?? images
  if (!(training.length >= 1)) throw new StableSigError('bad-argument', 'there are no images to train on')
  return { images: training, earlyStopping: parts?.plan ?? null }
}

const checkpointOf = (store: CheckpointStore): Required<CheckpointStore> => ({
  read: () => store.read(),
  write: (bytes) => store.write(bytes),
  every: store.every ?? CHECKPOINT_EVERY,
})
