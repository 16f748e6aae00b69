import { checkNumber, checkOneOf } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { ImageLossName } from '../losses/named.ts'
import { muon } from '../training/muon.ts'
import { checkOptimizer, type Optimizer } from '../training/optimizer.ts'
import { adamW } from '../training/optimizers.ts'
import { type Schedule, warmupCosine } from '../training/schedules.ts'
import { checkAttacks, type SigningAttacks } from './signing-attacks.ts'

/** Optimisers that a recipe may name. */
export type RecipeOptimizer = 'adamw' | 'muon'

/** What a fine-tuning run is made of. */
export interface Recipe {
  readonly steps: number
  /** Images a step. */
  readonly batchSize: number
  readonly optimizer: RecipeOptimizer
  /** Greatest learning rate. */
  readonly learningRate: number
  /** Where the rate ends, as a share of the greatest. Steps beyond the last, which early stopping may ask for, have it too, or a tenth of the greatest where that is more. */
  readonly finalLearningRateRatio: number
  /** Steps in which the rate rises. */
  readonly warmup: number
  /** Whether the rise begins at 0, so that the first step only feeds the optimiser's state. */
  readonly restFirst: boolean
  /** Side of the training images, in pixels. */
  readonly size: number
  /** Of the optimiser that the recipe names. */
  readonly weightDecay: number
  /** Logits are multiplied by it in the message loss. */
  readonly temperature: number
  /** What keeps images as they were. */
  readonly imageLoss: ImageLossName
  /** What the image loss's own weight is multiplied by. */
  readonly imageWeight: number
  /** What happens to images between decoder and extractor; null for nothing. */
  readonly attacks: SigningAttacks | null
}

/** A recipe with some of its numbers changed, and perhaps with an optimiser of the caller's. */
export type RecipeChanges = {
  readonly [K in keyof Omit<Recipe, 'optimizer' | 'imageLoss'>]?: Recipe[K] | undefined
} & {
  /** By the recipe's names for them, or any other, such as `adamW({ betas: [0.9, 0.99] })`. */
  readonly optimizer?: RecipeOptimizer | Optimizer | undefined
}

/** A recipe as it was carried out. */
export interface UsedRecipe extends Omit<Recipe, 'optimizer' | 'weightDecay'> {
  /** The optimiser's name. */
  readonly optimizer: string
  /** null where the optimiser is the caller's: its fingerprint has its numbers. */
  readonly weightDecay: number | null
}

export type PresetName = 'subtle' | 'balanced' | 'robust' | 'published'

/** A quarter of the images compressed, a seventh made brighter, and in a quarter of the steps all made smaller. */
const ATTACKS: SigningAttacks = {
  ramp: 0.2,
  ...{ resized: 0.25, sides: [0.75] },
  ...{ brightness: 0.15, maxBrightness: 2.2, contrast: 0 },
  ...{ jpeg: 0.25, minQuality: 45 },
}

/** Nearly half of them compressed, and harder; twice as many made brighter. */
const HARDER_ATTACKS: SigningAttacks = { ...ATTACKS, brightness: 0.3, jpeg: 0.45, minQuality: 40 }

/** What this project's own recipes have in common. */
const OWN = {
  batchSize: 4,
  optimizer: 'muon',
  learningRate: 3e-4,
  // 350 steps that end so low come about as far as 500 that end at a tenth: docs/recipes.md.
  finalLearningRateRatio: 0.02,
  warmup: 4,
  restFirst: false,
  size: 128,
  weightDecay: 0,
  temperature: 10,
  imageLoss: 'mse',
  attacks: ATTACKS,
} as const

/**
 * Recipes by name. 'published' is that of Fernandez et al. 2023. The others are signed through attacks on smaller images with another
 * optimiser, and differ in what an unseen mark is worth: 'subtle', 'balanced', 'robust'. docs/recipes.md has the figures of all.
 */
export const PRESETS: Readonly<Record<PresetName, Recipe>> = {
  subtle: { ...OWN, steps: 400, imageWeight: 14 },
  balanced: { ...OWN, steps: 400, imageWeight: 6.4 },
  robust: { ...OWN, steps: 250, imageWeight: 4, attacks: HARDER_ATTACKS },
  published: {
    steps: 100,
    batchSize: 4,
    optimizer: 'adamw',
    learningRate: 5e-4,
    finalLearningRateRatio: 1e-6 / 5e-4,
    warmup: 20,
    restFirst: true,
    size: 256,
    weightDecay: 0.01,
    temperature: 10,
    imageLoss: 'mse',
    imageWeight: 1,
    attacks: null,
  },
}

const OPTIMIZERS: Readonly<Record<RecipeOptimizer, (options: { weightDecay: number }) => Optimizer>> = {
  adamw: adamW,
  muon,
}

/** Of the greatest rate, at least, in steps beyond the recipe's last: where half a cosine ends, little is learnt any more. */
const RATE_BEYOND = 0.1

/** The learning rate by step from 0: warm-up and half a cosine. */
export function recipeSchedule(recipe: Omit<Recipe, 'optimizer' | 'weightDecay'>): Schedule {
  const { steps, warmup, learningRate, finalLearningRateRatio, restFirst } = recipe
  const schedule = warmupCosine({ steps, warmup, base: learningRate, floor: finalLearningRateRatio * learningRate })
  const within: Schedule = restFirst ? schedule : (step) => schedule(step + 1)
  return (step) => (step < steps ? within(step) : Math.max(RATE_BEYOND, finalLearningRateRatio) * learningRate)
}

/**
 * A recipe with some of its numbers changed, and its optimiser. Where steps are fewer than the recipe's and no warm-up is given,
 * it shrinks in proportion.
 * @throws StableSigError 'bad-argument' naming the number that is out of its range
 */
export function recipeOf(
  preset: PresetName,
  changes: RecipeChanges,
): { readonly recipe: UsedRecipe; readonly optimizer: Optimizer } {
  checkOneOf(preset, 'preset', Object.keys(PRESETS))
  const base = PRESETS[preset]
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  const merged: Omit<Recipe, 'optimizer'> & { optimizer: RecipeOptimizer | Optimizer } = { ...base, ...given }
  const warmup = changes.warmup ?? Math.min(base.warmup, Math.floor((base.warmup / base.steps) * merged.steps))
  const result = { ...merged, warmup }
  for (const key of ['steps', 'batchSize', 'size'] as const)
    checkNumber(result[key], key, 'a whole number from 1', isCount)
  checkNumber(result.warmup, 'warmup', 'a whole number from 0', (value) => value === 0 || isCount(value))
  for (const key of ['learningRate', 'temperature'] as const)
    checkNumber(result[key], key, 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  for (const key of ['weightDecay', 'imageWeight'] as const)
    checkNumber(result[key], key, 'a number from 0', (value) => value >= 0 && Number.isFinite(value))
  checkNumber(
    result.finalLearningRateRatio,
    'finalLearningRateRatio',
    'a share from 0 to 1',
    (value) => value >= 0 && value <= 1,
  )
  if (result.attacks) checkAttacks(result.attacks)
  const { optimizer, weightDecay } = result
  if (typeof optimizer === 'string') {
    checkOneOf(optimizer, 'optimizer', Object.keys(OPTIMIZERS))
    return { recipe: { ...result, optimizer }, optimizer: OPTIMIZERS[optimizer]({ weightDecay }) }
  }
  checkOptimizer(optimizer, 'optimizer')
  if (changes.weightDecay !== undefined)
    throw new StableSigError(
      'bad-argument',
      `weightDecay is of the optimizer that a recipe names: give it to '${optimizer.name}' where that is made`,
    )
  return { recipe: { ...result, optimizer: optimizer.name, weightDecay: null }, optimizer }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1
