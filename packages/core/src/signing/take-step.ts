import {
  add,
  concat,
  dispose,
  div,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core'
import type { FlatLayout } from '../training/flat.ts'
import { at } from '../training/update-parts.ts'
import { type FinetuneModel, type FinetuneState, finetuneStep, lossAndGradient, update } from './finetune-step.ts'
import type { FrozenBatch } from './frozen-work.ts'

/** A step that has been taken: the new state and what was measured before its update. */
export interface TakenStep {
  readonly state: FinetuneState
  /** Loss, message loss, image loss, matching bits, mean squared error of clamped images. */
  readonly metrics: readonly number[]
}

/** Gives a batch, or a part of one, as new tensors. */
export type BatchSource = () => Promise<FrozenBatch>

/**
 * Takes a step and disposes the state it is taken from. A batch in several parts of equal size needs the intermediate tensors
 * of one part at a time, each computed before the next begins; losses are means over images, so that the mean of the parts'
 * gradients is that of the whole batch within rounding.
 * @param parts of the batch; one is the whole
 * @param step number of this step, from 1
 */
export async function takeStep(
  model: FinetuneModel,
  state: FinetuneState,
  parts: readonly BatchSource[],
  key: Tensor2D,
  step: number,
  learningRate: number,
): Promise<TakenStep> {
  const [whole] = parts
  if (parts.length > 1 || !whole) return accumulatedStep(model, state, parts, key, step, learningRate)
  const { metrics, next } = await recordStep(model, state, whole, key, step, learningRate)
  return { state: next, metrics: await valuesOf(metrics, next) }
}

/** Records a step of a whole batch, reading nothing, and disposes the batch and the state it is taken from. */
export async function recordStep(
  model: FinetuneModel,
  state: FinetuneState,
  whole: BatchSource,
  key: Tensor2D,
  step: number,
  learningRate: number,
): Promise<{ readonly metrics: Tensor1D; readonly next: FinetuneState }> {
  const batch = await whole()
  const { metrics, gradient, ...next } = disposing(batch, () =>
    finetuneStep(model, state, batch, key, step, learningRate),
  )
  // Before anything is computed: an engine may then put new values where the old ones are.
  dispose([gradient, state])
  return { metrics, next }
}

async function accumulatedStep(
  model: FinetuneModel,
  state: FinetuneState,
  parts: readonly BatchSource[],
  key: Tensor2D,
  step: number,
  learningRate: number,
): Promise<TakenStep> {
  let total = zeros(model.layout)
  try {
    const measured: number[][] = []
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
      const next = update(model, state, mean, step, learningRate)
      return { ...next, firsts: concat(next.weights.map((vector) => slice(vector, 0, 1))) }
    })
    dispose([total, state])
    // A number of each vector read is the whole update computed, as a graph of its own.
    await valuesOf(firsts, next)
    const sum = (i: number) => measured.reduce((sum, values) => sum + values[i]!, 0)
    const metrics = [0, 1, 2, 3, 4].map((i) => (i === MATCHES ? sum(i) : sum(i) / parts.length))
    return { state: next, metrics }
  } finally {
    dispose(total)
  }
}

/** The place among the metrics of the one that is a count. */
const MATCHES = 3

/** A layout's vectors of zeros. Not uniform, one zero being negative: a compiling engine would make a graph of them. */
export function zeros({ vectors }: FlatLayout): Tensor1D[] {
  return vectors.map(({ length }) => {
    const values = new Float32Array(length)
    values[0] = -0
    return tensor1d(values)
  })
}

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

function disposing<T>(batch: FrozenBatch, use: () => T): T {
  try {
    return use()
  } finally {
    dispose(batch)
  }
}
