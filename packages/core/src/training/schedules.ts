/** A learning rate by step (or epoch), counted from 0. */
export type Schedule = (step: number) => number

export interface WarmupCosine {
  readonly steps: number
  /** Steps of linear rise; step 0 has rate 0. */
  readonly warmup: number
  readonly base: number
  /** Where the cosine ends. Default 1e-6. */
  readonly floor?: number
}

/** The fine-tuning schedule: base·step/warmup, then floor + (base-floor)/2·(1 + cos(π(step-warmup)/(steps-warmup))), then floor. */
export function warmupCosine({ steps, warmup, base, floor = 1e-6 }: WarmupCosine): Schedule {
  return (step) =>
    step < warmup
      ? (base * step) / warmup
      : floor + (base - floor) * halfCosine(Math.min(1, (step - warmup) / (steps - warmup)))
}

export interface PretrainSchedule {
  readonly epochs: number
  readonly warmup: number
  /** The reference's: 2e-2 · images a step / 512. */
  readonly base: number
  /** Rate of epoch 0. Default 1e-6. */
  readonly start?: number
  readonly floor?: number
}

/**
 * The joint training's schedule, constant within an epoch: a linear rise from `start`, then half a cosine that is counted from
 * epoch 0 and not from the end of the rise, then `floor`.
 */
export function pretrainCosine({ epochs, warmup, base, start = 1e-6, floor = 1e-6 }: PretrainSchedule): Schedule {
  return (epoch) => {
    if (epoch < warmup) return start + (epoch * (base - start)) / warmup
    return epoch >= epochs ? floor : floor + (base - floor) * halfCosine(epoch / epochs)
  }
}

/** LatentTracer's: halved after iterations 0, 50, 100, …, so that iteration 0 has `base` and 1 to 50 have half of it. */
export function halving(base: number, every = 50): Schedule {
  return (iteration) => base * 0.5 ** Math.ceil(iteration / every)
}

/** 1 at 0, 0 at 1. */
const halfCosine = (share: number): number => 0.5 * (1 + Math.cos(Math.PI * share))
