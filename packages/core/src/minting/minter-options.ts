import { checkCallback, checkNumber, checkObject, checkOptions, checkSignal } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { ImageLoss } from '../losses/image.ts'
import { type ImageLossName, imageLoss as imageLossNamed } from '../losses/named.ts'
import type { Autoencoder, LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder, checkDecoder, checkExtractor } from '../models/check-models.ts'
import type { Extractor } from '../models/extractor.ts'
import type { PixelSet } from '../pretraining/pixel-set.ts'
import { checkAttacks } from '../signing/signing-attacks.ts'
import type { CheckpointStore } from '../training/checkpoint.ts'
import { checkOptimizer, type Optimizer } from '../training/optimizer.ts'
import { adam } from '../training/optimizers.ts'
import type { AttackMix } from '../transforms/per-image/draw-attacks.ts'
import { checkMinter, type Minter } from './minter.ts'
import type { MinterProgress } from './minter-progress.ts'

/** What a minter's training is made of. */
export interface MinterRecipe {
  readonly steps: number
  /** Images a step, each with a key of its own. */
  readonly batchSize: number
  /** Side of the images, in pixels. */
  readonly size: number
  /** Cut-outs that images are taken from, drawn once: what is frozen is computed once for each, and kept. */
  readonly cutOuts: number
  /** How much larger a window of a picture may be than its cut-out. */
  readonly maxReduction: number
  /** Greatest learning rate, after a rise of 50 steps. */
  readonly learningRate: number
  /** Share of the steps after which the rate falls, along half a cosine. */
  readonly hold: number
  /** What the image loss's own weight is multiplied by in the end. */
  readonly imageWeight: number
  /** The same at first: a plain mark is learnt, and made fainter then. */
  readonly startImageWeight: number
  /** Bits of each key that are in use at first, all of a shorter one; another one follows as soon as few of them are not learnt. */
  readonly startBits: number
  /** Share of the steps in which attacks, temperature and the image loss's weight grow to their end, while nine of ten bits are read. */
  readonly ramp: number
  /** Logits are multiplied by it in the message loss in the end. */
  readonly temperature: number
  /**
   * The same at first. Plain pictures have logits of their own, and where a high temperature makes them count the loss is lowered by bringing
   * all logits near 0: that costs pictures much, and no bit is read for it.
   */
  readonly startTemperature: number
  /** Units of each hidden layer. */
  readonly hidden: number
  /** By how much a convolution's outputs are scaled at most, up and down, and moved. */
  readonly maxScale: number
  readonly maxShift: number
  /** What happens to images between decoder and extractor; null for nothing. */
  readonly attacks: AttackMix | null
  /**
   * Side of the window of each image that the extractor reads, as a share of the image's side, at a place drawn at random. A decoder whose
   * whole images are always read comes to write at their edges, which a crop takes away; below 1 it cannot know where they will be.
   */
  readonly window: number
  /** Share of the learning rate that the extractor is trained with, beside the minter; 0 leaves it as it is. */
  readonly extractorRate: number
  /** The same of the decoder's late stages, which all keys share: minted decoders are then made of the one that comes of it. */
  readonly decoderRate: number
}

/** The recipe where nothing else is asked for. docs/minting.md has the figures that it was chosen by. */
export const MINTER_RECIPE: Omit<MinterRecipe, 'steps'> = {
  batchSize: 8,
  size: 128,
  cutOuts: 1024,
  maxReduction: 4,
  learningRate: 1e-3,
  hold: 0.4,
  imageWeight: 3,
  startImageWeight: 0.2,
  startBits: 256,
  ramp: 0.4,
  temperature: 10,
  startTemperature: 1.5,
  hidden: 256,
  maxScale: 0.5,
  maxShift: 0.3,
  attacks: {
    ...{ resized: 0.25, sides: [0.75] },
    ...{ brightness: 0.2, maxBrightness: 2.2, contrast: 0 },
    ...{ jpeg: 0.3, minQuality: 45 },
  },
  window: 1,
  extractorRate: 0,
  decoderRate: 0,
}

export type MinterRecipeChanges = { readonly [K in keyof Omit<MinterRecipe, 'steps'>]?: MinterRecipe[K] | undefined }

export interface TrainMinterOptions extends MinterRecipeChanges {
  readonly autoencoder: Autoencoder
  readonly extractor: Extractor
  /** Photographs; those with a side below `size` are passed over. */
  readonly pictures: PixelSet
  readonly steps: number
  /** A minter of the same decoder to begin with, at the recipe's full hardness, in place of one that changes nothing. */
  readonly start?: Minter | undefined
  /**
   * The decoder that keys are to change, where it is not the autoencoder's own: one that was trained beside the minter to begin with. Images
   * are held to those of the autoencoder's own all the same.
   */
  readonly startDecoder?: LatentDecoder | undefined
  /** By name, or any other. Default 'mse'. */
  readonly imageLoss?: ImageLossName | ImageLoss | undefined
  /** Default Adam with betas .9 and .98. */
  readonly optimizer?: Optimizer | undefined
  /** The decoder's stages are computed twice instead of being kept: slower, in less memory. Default false. */
  readonly gradientCheckpointing?: boolean | undefined
  /** Memory for features and original decodes. Default 512 MiB; what does not fit is computed again. */
  readonly cacheBytes?: number | undefined
  /** Of weights, cut-outs, their order, keys and attacks. Default 0. */
  readonly seed?: number | undefined
  readonly checkpoint?: CheckpointStore | undefined
  /** Stops between two steps; a checkpoint is then written first. */
  readonly signal?: AbortSignal | undefined
  /** Called after each step, and waited for. */
  readonly onStep?: ((progress: MinterProgress) => void | Promise<void>) | undefined
}

/** A training with everything checked and nothing left open. */
export interface MinterTraining {
  readonly recipe: MinterRecipe
  readonly imageLoss: ImageLoss
  readonly optimizer: Optimizer
  readonly seed: number
  readonly cacheBytes: number
}

const CACHE_BYTES = 512 * 2 ** 20

/** The decoder that keys change. */
export const conditionedDecoder = ({ autoencoder, startDecoder }: TrainMinterOptions): LatentDecoder =>
  startDecoder ?? autoencoder.decoder

/** @throws StableSigError 'bad-argument' where it is none, or of another architecture than the autoencoder's own */
function checkStartDecoder(value: LatentDecoder, own: LatentDecoder): void {
  checkDecoder(value, 'the decoder to begin with')
  const { weights } = value
  const odd = Object.keys({ ...own.weights, ...weights }).find(
    (name) => weights[name]?.shape.join() !== own.weights[name]?.shape.join(),
  )
  if (odd !== undefined)
    throw new StableSigError(
      'bad-argument',
      `the decoder to begin with is of another architecture than the autoencoder's: ${odd} is [${weights[odd]?.shape ?? 'missing'}], expected ` +
        `[${own.weights[odd]?.shape ?? 'none'}]`,
    )
}

/** @throws StableSigError 'bad-argument' naming the field, 'disposed' */
export function planTraining(options: TrainMinterOptions): MinterTraining {
  checkOptions(options, 'trainMinter')
  const { autoencoder, extractor, pictures, checkpoint, onStep, signal } = options
  checkAutoencoder(autoencoder)
  checkExtractor(extractor)
  checkObject(pictures, 'pictures', 'a set of pictures', ['length', 'read'])
  if (checkpoint !== undefined) checkObject(checkpoint, 'checkpoint', 'a place for checkpoints', ['read', 'write'])
  if (options.start !== undefined) checkMinter(options.start)
  if (options.startDecoder !== undefined) checkStartDecoder(options.startDecoder, autoencoder.decoder)
  checkCallback(onStep, 'onStep')
  checkSignal(signal)
  if (!(pictures.length >= 1)) throw new StableSigError('bad-argument', 'there are no pictures to train on')
  const recipe = recipeOf(options)
  if (recipe.size % autoencoder.downscale)
    throw new StableSigError('bad-argument', `size is ${recipe.size}, expected a multiple of ${autoencoder.downscale}`)
  const { seed = 0, cacheBytes = CACHE_BYTES, optimizer = adam({ betas: [0.9, 0.98] }) } = options
  checkNumber(seed, 'seed', 'a number', Number.isFinite)
  checkNumber(cacheBytes, 'cacheBytes', 'a number of bytes from 0', (bytes) => bytes >= 0)
  checkOptimizer(optimizer, 'optimizer')
  const wanted = options.imageLoss ?? 'mse'
  if (typeof wanted !== 'string') checkObject(wanted, 'imageLoss', 'an image loss such as mse()', ['name', 'of'])
  return {
    recipe,
    seed,
    cacheBytes,
    optimizer,
    imageLoss: typeof wanted === 'string' ? imageLossNamed(wanted) : wanted,
  }
}

function recipeOf(options: TrainMinterOptions): MinterRecipe {
  const known = Object.keys({ ...MINTER_RECIPE, steps: 0 })
  const given = Object.entries(options).filter(([name, value]) => known.includes(name) && value !== undefined)
  const recipe: MinterRecipe = { ...MINTER_RECIPE, steps: options.steps, ...Object.fromEntries(given) }
  for (const name of ['steps', 'batchSize', 'size', 'cutOuts', 'hidden', 'startBits'] as const)
    checkNumber(recipe[name], name, 'a whole number from 1', (value) => Number.isSafeInteger(value) && value >= 1)
  for (const name of ['learningRate', 'temperature', 'startTemperature'] as const)
    checkNumber(recipe[name], name, 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  for (const name of ['imageWeight', 'startImageWeight', 'maxShift'] as const)
    checkNumber(recipe[name], name, 'a number from 0', (value) => value >= 0 && Number.isFinite(value))
  for (const name of ['hold', 'ramp', 'extractorRate', 'decoderRate'] as const)
    checkNumber(recipe[name], name, 'a share from 0 to 1', (value) => value >= 0 && value <= 1)
  checkNumber(recipe.window, 'window', 'a share above 0, up to 1', (value) => value > 0 && value <= 1)
  checkNumber(recipe.maxScale, 'maxScale', 'a share from 0, below 1', (value) => value >= 0 && value < 1)
  checkNumber(recipe.maxReduction, 'maxReduction', 'a number from 1', (value) => value >= 1 && Number.isFinite(value))
  if (recipe.attacks) checkAttacks({ ...recipe.attacks, ramp: recipe.ramp })
  return recipe
}
