import { StableSigError } from '../errors.ts'
import type { Schedule } from '../training/schedules.ts'

export interface HeldRate {
  readonly steps: number
  readonly learningRate: number
  /** Steps of linear rise. */
  readonly warmup: number
  /** Share of all steps at whose end the fall begins, 0..1. */
  readonly hold: number
  /** What the rate ends at, as a share of the highest. Default .01. */
  readonly finalRatio?: number
}

/**
 * A linear rise, then the highest rate until a share of the steps is done, then half a cosine. A cosine that begins to fall early
 * is easily taken for a network that has learnt what it can.
 */
export function heldCosine({ steps, learningRate, warmup, hold, finalRatio = 0.01 }: HeldRate): Schedule {
  if (!(learningRate > 0) || !Number.isFinite(learningRate))
    throw new StableSigError('bad-argument', `learningRate is ${learningRate}, expected a number above 0`)
  if (!(hold >= 0 && hold <= 1))
    throw new StableSigError('bad-argument', `hold is ${hold}, expected a share from 0 to 1`)
  const from = Math.max(warmup, hold * steps)
  return (step) => {
    const fall = Math.min(1, Math.max(0, (step - from) / Math.max(1, steps - from)))
    const share = finalRatio + (1 - finalRatio) * 0.5 * (1 + Math.cos(Math.PI * fall))
    return learningRate * share * Math.min(1, (step + 1) / (warmup + 1))
  }
}
