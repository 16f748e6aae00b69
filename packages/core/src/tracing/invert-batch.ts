import { dispose, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { inputVector, readTogether } from '../ops/hints.ts'
import { adam } from '../training/optimizers.ts'
import { type InversionProblem, type InversionState, inversionStep, startingState } from './inversion-step.ts'
import type { InvertPlan } from './invert-options.ts'

/** What the search of a batch leaves: the images' losses, and latents as values. */
export interface BatchSearch {
  /** Of each image before each iteration that it took part in. */
  readonly losses: readonly (readonly number[])[]
  readonly best: Float32Array
  readonly last: Float32Array
}

/** Adam as published: its defaults. */
export const OPTIMIZER = adam()

/**
 * Runs the iterations of images that are inverted together, each as if it were alone: what is recorded between two reads becomes one
 * graph on a compiling engine, and latents and moments stay there. No tensor is left.
 * @param start latents, flat
 * @param first index of the batch's first image, for messages
 */
export async function searchBatch(
  plan: InvertPlan,
  problem: InversionProblem,
  start: Float32Array,
  first: number,
): Promise<BatchSearch> {
  const { iterations, iterationsPerFlush, plateau, signal, images: all } = plan
  const [count] = problem.images.shape
  const losses: number[][] = Array.from({ length: count }, () => [])
  const active = new Float32Array(count).fill(1)
  let state = startingState(problem, start)
  try {
    for (let done = 0; done < iterations && active.some((moves) => moves > 0); ) {
      stopIfAborted(signal, `stopped after ${done} of ${iterations} iterations of image ${first + 1}`)
      const run = Math.min(iterationsPerFlush, iterations - done)
      const mask = plateau ? inputVector(active) : null
      const taken = record(plan, problem, state, done, run, mask)
      state = taken.state
      const rows = await readTogether(taken.losses)
      done += run
      for (let i = 0; i < count; i++) {
        if (!at(active, i)) continue
        at(losses, i).push(...rows.map((row) => finite(at(row, i), first + i)))
        if (plateau && hasStalled(at(losses, i), plateau.patience, plateau.improvement)) active[i] = 0
      }
      plan.onProgress?.({
        ...{ imagesDone: first, images: all.shape[0], iteration: done, iterations },
        losses: losses.map((each) => Math.min(...each)),
      })
    }
    const [best, last] = [await state.best.data<'float32'>(), await state.latents.data<'float32'>()]
    return { losses, best, last }
  } finally {
    dispose(state)
  }
}

/** Records a run of iterations, reading nothing, and disposes the mask and the state it begins with, also where that fails. */
function record(
  { schedule }: InvertPlan,
  problem: InversionProblem,
  from: InversionState,
  done: number,
  run: number,
  mask: Tensor1D | null,
): { state: InversionState; losses: Tensor1D[] } {
  try {
    return tidy(() => {
      let state = from
      const losses: Tensor1D[] = []
      for (let i = done; i < done + run; i++) {
        const taken = inversionStep(problem, state, { step: i + 1, learningRate: schedule(i) }, mask)
        state = taken.state
        losses.push(taken.losses)
      }
      return { state, losses }
    })
  } finally {
    dispose(from)
    mask?.dispose()
  }
}

/** Whether the least loss has not fallen by a share of itself within the last `patience` iterations. */
export function hasStalled(losses: readonly number[], patience: number, improvement: number): boolean {
  if (losses.length <= patience) return false
  const before = Math.min(...losses.slice(0, -patience))
  return Math.min(...losses.slice(-patience)) > before * (1 - improvement)
}

function finite(loss: number, image: number): number {
  if (Number.isFinite(loss)) return loss
  throw new StableSigError(
    'not-finite',
    `image ${image + 1}: its loss became ${loss}; a smaller learning rate may help, and weights may hold what is not finite`,
  )
}

/** Latents as the search has them, flat, of a shape. */
export const valuesOf = async (latents: Tensor4D): Promise<Float32Array> => {
  try {
    return await latents.data<'float32'>()
  } finally {
    latents.dispose()
  }
}
