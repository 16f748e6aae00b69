import { dispose, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Weights } from '../models/weights.ts'
import { type FlatLayout, flatten } from '../training/flat.ts'
import { type FlatState, flatOptimizer } from '../training/flat-optimizer.ts'
import type { Optimizer, OptimizerStep } from '../training/optimizer.ts'
import type { GroupValues, VectorGroups } from './training-run.ts'

/** A checkpoint names an optimiser's state by its place: 'moment.0', 'moment.1', … */
export const momentName = (k: number): string => `moment.${k}`

/** Names of an optimiser's state, in its order. */
export const stateNames = (optimizer: Optimizer): string[] => Object.keys(optimizer.init([]))

/** Weights and an optimiser's state after a step, as groups: 'weights', 'moment.0', 'moment.1', … */
export function updatedGroups(
  { optimizer, layout }: { readonly optimizer: Optimizer; readonly layout: FlatLayout },
  groups: VectorGroups,
  gradient: readonly Tensor1D[],
  step: OptimizerStep,
): VectorGroups {
  const names = stateNames(optimizer)
  const before: FlatState = Object.fromEntries(names.map((name, k) => [name, groupOf(groups, momentName(k))]))
  const { weights, state } = flatOptimizer(optimizer, layout).update(groupOf(groups, 'weights'), gradient, before, step)
  return { weights, ...Object.fromEntries(names.map((name, k) => [momentName(k), groupOf(state, name)])) }
}

/** @throws RangeError where there is no such group */
export function groupOf(groups: VectorGroups, name: string): Tensor1D[] {
  const group = groups[name]
  if (!group) throw new RangeError(`no group ${name} among ${Object.keys(groups).join(', ')}`)
  return group
}

/** Weights as a run begins with them, and the optimiser's first state. The weights stay their caller's. */
export async function startingGroups(layout: FlatLayout, weights: Weights, optimizer: Optimizer): Promise<GroupValues> {
  const vectors = flatten(layout, weights)
  const state = flatOptimizer(optimizer, layout).init(vectors)
  try {
    const valuesOf = (tensors: readonly Tensor1D[]) =>
      Promise.all(tensors.map(async (tensor) => (await tensor.data<'float32'>()).slice()))
    const groups: Record<string, Float32Array[]> = { weights: await valuesOf(vectors) }
    for (const [k, name] of stateNames(optimizer).entries())
      groups[momentName(k)] = await valuesOf(groupOf(state, name))
    return groups
  } finally {
    dispose([vectors, state])
  }
}
