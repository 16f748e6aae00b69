import type { StepMemory } from '../training/step-memory.ts'
import type { EarlyStoppingReport } from './early-stopping.ts'
import type { UsedRecipe } from './recipes.ts'

/** One step as it was before its update. */
export interface FinetuneProgress {
  /** Steps done, from 1. */
  readonly step: number
  /** At most. */
  readonly steps: number
  readonly loss: number
  /** Message loss. */
  readonly lossW: number
  /** Image loss, before lambda. */
  readonly lossI: number
  /** Bits of the batch that were read as the key's, and all of them. */
  readonly matches: number
  readonly total: number
  readonly bitAccuracy: number
  /** Of the clamped batch against the original decoder's, in dB; not rounded to 8 bits. */
  readonly psnr: number
  readonly learningRate: number
  /** Seconds this step took, frozen work included; a mean where several were read together. */
  readonly seconds: number
}

/** What a fine-tuning was and what came of it: numbers and text alone, so that JSON can hold it. */
export interface FinetuneReport {
  readonly recipe: UsedRecipe
  readonly imageLoss: string
  readonly lambdaImage: number
  readonly seed: number
  /** How a step was kept within memory. */
  readonly memory: StepMemory
  /** What came of early stopping; null where nothing was asked. */
  readonly earlyStopping: EarlyStoppingReport | null
  /** Steps done by this call; fewer than the recipe's where it resumed, or stopped early. */
  readonly stepsDone: number
  /** Steps that a checkpoint had done already. */
  readonly resumedAt: number
  /** The last step; null where a checkpoint had them all done. */
  readonly last: FinetuneProgress | null
  /** Of this call, in all. */
  readonly seconds: number
  /** Images put through encoder and original decoder. */
  readonly frozenComputed: number
}
