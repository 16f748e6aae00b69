import {
  add,
  concat,
  dispose,
  div,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { inputVector } from '../ops/hints.ts'
import type { FlatLayout } from '../training/flat.ts'
import type { OptimizerStep } from '../training/optimizer.ts'
import {
  type FinetuneBatch,
  type FinetuneModel,
  type FinetuneState,
  finetuneStep,
  lossAndGradient,
  update,
} from './finetune-step.ts'

/** A step that has been taken: the new state and what was measured before its update. */
export interface TakenStep {
  readonly state: FinetuneState
  readonly metrics: StepMetrics
}

/** Loss, message loss, image loss, matching bits, mean squared error of clamped images. */
export type StepMetrics = readonly number[]

/** Gives a batch, or a part of one, as new tensors. */
export type BatchSource = () => Promise<FinetuneBatch>

/** A step to take. */
export interface PlannedStep extends OptimizerStep {
  /** Of the batch, of equal size; one is the whole. */
  readonly parts: readonly BatchSource[]
}

/**
 * Takes a step and disposes the state it is taken from. A batch in several parts of equal size needs the intermediate tensors
 * of one part at a time, each computed before the next begins; losses are means over images, so that the mean of the parts'
 * gradients is that of the whole batch within rounding.
 */
export async function takeStep(
  model: FinetuneModel,
  state: FinetuneState,
  planned: PlannedStep,
  key: Tensor2D,
): Promise<TakenStep> {
  if (planned.parts.length > 1) return accumulatedStep(model, state, planned, key)
  const { metrics, next } = await recordStep(model, state, planned, key)
  return { state: next, metrics: await valuesOf(metrics, next) }
}

/** Records a step of a whole batch, reading nothing, and disposes the batch and the state it is taken from. */
export async function recordStep(
  model: FinetuneModel,
  state: FinetuneState,
  { parts, ...step }: PlannedStep,
  key: Tensor2D,
): Promise<{ readonly metrics: Tensor1D; readonly next: FinetuneState }> {
  if (parts.length > 1) throw new RangeError('a step in parts is taken on its own')
  const batch = await at(parts, 0)()
  const { metrics, gradient, ...next } = disposing(batch, () => finetuneStep(model, state, batch, key, step))
  // Before anything is computed: an engine may then put new values where the old ones are.
  dispose([gradient, state])
  return { metrics, next }
}

async function accumulatedStep(
  model: FinetuneModel,
  state: FinetuneState,
  { parts, ...step }: PlannedStep,
  key: Tensor2D,
): Promise<TakenStep> {
  let total = zeros(model.layout)
  try {
    const measured: StepMetrics[] = []
    for (const part of parts) {
      const batch = await part()
      const before = total
      const { metrics, gradient } = disposing(batch, () =>
        tidy(() => {
          const { metrics, gradient } = lossAndGradient(model, state.weights, batch, key)
          return { metrics, gradient: gradient.map((part, i) => add<Tensor1D>(at(before, i), part)) }
        }),
      )
      dispose(before)
      total = gradient
      measured.push(await valuesOf(metrics, gradient))
    }
    const { firsts, ...next } = tidy(() => {
      const mean = total.map((sum) => div<Tensor1D>(sum, parts.length))
      const next = update(model, state, mean, step)
      return { ...next, firsts: concat(next.weights.map((vector) => slice(vector, 0, 1))) }
    })
    dispose([total, state])
    // A number of each vector read is the whole update computed, as a graph of its own.
    await valuesOf(firsts, next)
    const sum = (i: number) => measured.reduce((sum, values) => sum + at(values, i), 0)
    const metrics = [0, 1, 2, 3, 4].map((i) => (i === MATCHES ? sum(i) : sum(i) / parts.length))
    return { state: next, metrics }
  } finally {
    dispose(total)
  }
}

/** The place among the metrics of the one that is a count. */
const MATCHES = 3

/** A layout's vectors of zeros. */
export const zeros = ({ vectors }: FlatLayout): Tensor1D[] =>
  vectors.map(({ length }) => inputVector(new Float32Array(length)))

/** Reads a tensor and disposes it; where that fails, what is pending with it too. */
async function valuesOf(tensor: Tensor, pending: Tensor[] | FinetuneState): Promise<number[]> {
  try {
    return Array.from(await tensor.data())
  } catch (error) {
    dispose(pending)
    throw error
  } finally {
    tensor.dispose()
  }
}

function disposing<T>(batch: FinetuneBatch, use: () => T): T {
  try {
    return use()
  } finally {
    dispose(batch)
  }
}
