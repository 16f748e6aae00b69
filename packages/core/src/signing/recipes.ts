import { checkNumber, checkOneOf } from '../arguments.ts'
import { muon } from '../training/muon.ts'
import { adamW, type Optimizer } from '../training/optimizers.ts'
import { type Schedule, warmupCosine } from '../training/schedules.ts'

/** What a fine-tuning run is made of. */
export interface Recipe {
  readonly steps: number
  /** Images a step. */
  readonly batchSize: number
  readonly optimizer: 'adamw' | 'muon'
  /** Greatest learning rate. */
  readonly learningRate: number
  /** Where the rate ends, as a share of the greatest; steps beyond the last, which `until` may ask for, have it too. */
  readonly finalLearningRateRatio: number
  /** Steps in which the rate rises. */
  readonly warmup: number
  /** Whether the rise begins at 0, so that the first step only feeds the optimiser's moments. */
  readonly restFirst: boolean
  /** Side of the training images, in pixels. */
  readonly size: number
  readonly weightDecay: number
  /** Logits are multiplied by it in the message loss. */
  readonly temperature: number
  /** What the image loss's own weight is multiplied by. */
  readonly imageWeight: number
}

export type RecipeName = 'published' | 'fast'

/**
 * Recipes by name. 'published' is that of Fernandez et al. 2023; 'fast' reaches the same quality in a fraction of the time:
 * smaller images, fewer steps, another optimiser. docs/recipes.md has the figures of both.
 */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
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
    imageWeight: 1,
  },
  fast: {
    steps: 50,
    batchSize: 4,
    optimizer: 'muon',
    learningRate: 3e-4,
    finalLearningRateRatio: 0.1,
    warmup: 4,
    restFirst: false,
    size: 128,
    weightDecay: 0,
    temperature: 10,
    imageWeight: 0.8,
  },
}

/** The learning rate by step from 0: warm-up and half a cosine. */
export function recipeSchedule({ steps, warmup, learningRate, finalLearningRateRatio, restFirst }: Recipe): Schedule {
  const schedule = warmupCosine({ steps, warmup, base: learningRate, floor: finalLearningRateRatio * learningRate })
  return restFirst ? schedule : (step) => schedule(step + 1)
}

/** The optimiser of a recipe. */
export const recipeOptimizer = ({ optimizer, weightDecay }: Recipe): Optimizer =>
  ({ adamw: adamW, muon })[optimizer]({ weightDecay })

/**
 * A recipe with some of its numbers changed. Where steps are fewer than the recipe's and no warm-up is given, it shrinks in
 * proportion.
 * @throws StableSigError 'bad-argument' naming the number that is none of its kind
 */
export function recipe(name: RecipeName, changes: { readonly [K in keyof Recipe]?: Recipe[K] | undefined }): Recipe {
  checkOneOf(name, 'recipe', Object.keys(RECIPES))
  const base = RECIPES[name]
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  const merged: Recipe = { ...base, ...given }
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
  checkOneOf(result.optimizer, 'optimizer', ['adamw', 'muon'])
  return result
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1
