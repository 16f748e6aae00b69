import { dispose, stack, type Tensor1D, type Tensor2D, tidy } from '@tensorflow/tfjs-core'
import type { FinetuneModel, FinetuneState } from './finetune-step.ts'
import { type BatchSource, recordStep, takeStep } from './take-step.ts'

/** One of several steps. */
export interface PlannedStep {
  /** Number from 1. */
  readonly step: number
  readonly learningRate: number
  /** Of the batch; one is the whole. */
  readonly parts: readonly BatchSource[]
}

/**
 * Takes steps one after the other and disposes the state that they are taken from. Nothing is read until the last: an engine
 * that computes what was recorded makes one graph of them, and weights and moments in between never leave it, which is what a
 * step costs where they would travel (a GPU). A step in parts is computed on its own.
 * @returns the state after the last, and the metrics of each, as takeStep gives them
 */
export async function takeSteps(
  model: FinetuneModel,
  state: FinetuneState,
  planned: readonly PlannedStep[],
  key: Tensor2D,
): Promise<{ readonly state: FinetuneState; readonly metrics: readonly (readonly number[])[] }> {
  const [only] = planned
  if (only && planned.length === 1) {
    const taken = await takeStep(model, state, only.parts, key, only.step, only.learningRate)
    return { state: taken.state, metrics: [taken.metrics] }
  }
  let current = state
  const measured: Tensor1D[] = []
  try {
    for (const { step, learningRate, parts } of planned) {
      const [whole] = parts
      if (!whole || parts.length > 1) throw new RangeError('a step in parts is taken on its own')
      const taken = await recordStep(model, current, whole, key, step, learningRate)
      current = taken.next
      measured.push(taken.metrics)
    }
    const table = tidy(() => stack(measured))
    dispose(measured)
    const values = await table.data().finally(() => table.dispose())
    const each = values.length / planned.length
    return {
      state: current,
      metrics: planned.map((_, i) => Array.from(values.slice(i * each, (i + 1) * each))),
    }
  } catch (error) {
    dispose([measured, current])
    throw error
  }
}
