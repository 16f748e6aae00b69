import { StableSigError } from '../errors.ts'

/** The numbers of a fine-tuning run. */
export interface Recipe {
  readonly steps: number
  /** Images a step. */
  readonly batchSize: number
  /** Greatest learning rate. */
  readonly learningRate: number
  /** Steps in which the rate rises from 0. */
  readonly warmup: number
  /** Side of the training images, in pixels. */
  readonly size: number
  /** Weight decay of AdamW. */
  readonly weightDecay: number
  /** Logits are multiplied by it in the message loss. */
  readonly temperature: number
}

export type RecipeName = 'published' | 'fast'

/** Recipes by name. 'published' is that of Fernandez et al. 2023; 'fast' trains on smaller images. */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  published: {
    steps: 100,
    batchSize: 4,
    learningRate: 5e-4,
    warmup: 20,
    size: 256,
    weightDecay: 0.01,
    temperature: 10,
  },
  fast: {
    steps: 100,
    batchSize: 4,
    learningRate: 5e-4,
    warmup: 20,
    size: 128,
    weightDecay: 0.01,
    temperature: 10,
  },
}

/**
 * A recipe with some of its numbers changed. Where steps are fewer than the recipe's and no warm-up is given, it shrinks in
 * proportion.
 * @throws StableSigError 'bad-argument' naming the number that is none of its kind
 */
export function recipe(name: RecipeName, changes: { readonly [K in keyof Recipe]?: Recipe[K] | undefined }): Recipe {
  const base = RECIPES[name]
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  const merged: Recipe = { ...base, ...given }
  const warmup = changes.warmup ?? Math.min(base.warmup, Math.floor((base.warmup / base.steps) * merged.steps))
  const result = { ...merged, warmup }
  for (const key of ['steps', 'batchSize', 'size'] as const) demand(key, result[key], 'a whole number from 1', isCount)
  demand('warmup', result.warmup, 'a whole number from 0', (value) => value === 0 || isCount(value))
  for (const key of ['learningRate', 'temperature'] as const)
    demand(key, result[key], 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  demand('weightDecay', result.weightDecay, 'a number from 0', (value) => value >= 0 && Number.isFinite(value))
  return result
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1

function demand(key: string, value: number, expected: string, good: (value: number) => boolean): void {
  if (!good(value)) throw new StableSigError('bad-argument', `${key} is ${value}, expected ${expected}`)
}
