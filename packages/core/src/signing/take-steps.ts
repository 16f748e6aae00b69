import { dispose, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { readTogether } from '../ops/hints.ts'
import type { FinetuneModel, FinetuneState } from './finetune-step.ts'
import { type PlannedStep, recordStep, type StepMetrics, takeStep } from './take-step.ts'

/**
 * Takes steps one after the other and disposes the state that they are taken from. Nothing is read until the last: an engine
 * that computes what was recorded makes one graph of them, and weights and state in between never leave it, which is what a
 * step costs where they would travel (a GPU). A step in parts is computed on its own.
 * @returns the state after the last, and the metrics of each
 */
export async function takeSteps(
  model: FinetuneModel,
  state: FinetuneState,
  planned: readonly PlannedStep[],
  key: Tensor2D,
): Promise<{ readonly state: FinetuneState; readonly metrics: readonly StepMetrics[] }> {
  if (planned.length === 1) {
    const taken = await takeStep(model, state, at(planned, 0), key)
    return { state: taken.state, metrics: [taken.metrics] }
  }
  let current = state
  const measured: Tensor1D[] = []
  try {
    for (const step of planned) {
      const taken = await recordStep(model, current, step, key)
      current = taken.next
      measured.push(taken.metrics)
    }
    return { metrics: await readTogether(measured), state: current }
  } catch (error) {
    dispose([measured, current])
    throw error
  }
}
