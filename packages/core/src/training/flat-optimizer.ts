import { type Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { type FlatLayout, flatten, unflatten } from './flat.ts'
import type { Optimizer, OptimizerState, OptimizerStep } from './optimizer.ts'

/** An optimiser's state for a model that lies in flat vectors: for each of them one vector by each name. */
export type FlatState = { [name: string]: Tensor1D[] }

/** An optimiser of the flat vectors of one model. */
export interface FlatOptimizer {
  init(weights: readonly Tensor1D[]): FlatState
  update(
    weights: readonly Tensor1D[],
    gradients: readonly Tensor1D[],
    state: FlatState,
    step: OptimizerStep,
  ): { weights: Tensor1D[]; state: FlatState }
}

/**
 * An optimiser for a layout's vectors: one that treats every element alike gets them as they are, any other gets each tensor of the
 * model as a view. What it gives is held to the shapes of what it was given.
 * @throws StableSigError 'bad-argument' naming the optimiser, in `init` and `update`, where something is missing or of another shape
 */
export function flatOptimizer(optimizer: Optimizer, layout: FlatLayout): FlatOptimizer {
  const together = optimizer.elementwise === true
  const parts = (vectors: readonly Tensor1D[]): readonly Tensor[] =>
    together ? vectors : Object.values(unflatten(layout, vectors))
  const vectors = (tensors: readonly Tensor[]): Tensor1D[] =>
    together
      ? tensors.map((tensor) => tensor as Tensor1D)
      : flatten(layout, Object.fromEntries(layout.names.map((name, i) => [name, at(tensors, i)])))
  const mapped = <T extends Tensor, U extends Tensor>(
    state: { readonly [name: string]: readonly T[] },
    change: (tensors: readonly T[]) => readonly U[],
  ): { [name: string]: U[] } =>
    Object.fromEntries(Object.entries(state).map(([name, tensors]) => [name, [...change(tensors)]]))
  const check = (what: string, given: readonly Tensor[] | undefined, like: readonly Tensor[]) => {
    const wrong = like.findIndex(({ shape }, i) => given?.[i]?.shape.join() !== shape.join())
    if (given?.length === like.length && wrong < 0) return
    throw new StableSigError(
      'bad-argument',
      `optimizer '${optimizer.name}': ${what} has ${given?.length ?? 'no'} tensors, tensor ${Math.max(wrong, 0)} of shape ` +
        `[${given?.[Math.max(wrong, 0)]?.shape ?? 'none'}]; expected ${like.length} of the parameters' shapes, [${at(like, Math.max(wrong, 0)).shape}]`,
    )
  }
  const checkState = (state: OptimizerState, names: readonly string[], like: readonly Tensor[]) => {
    for (const name of names) check(`the state '${name}'`, state[name], like)
  }
  return {
    init: (weights) =>
      tidy(() => {
        const parameters = parts(weights)
        const state = optimizer.init(parameters)
        checkState(state, Object.keys(state), parameters)
        return mapped(state, vectors)
      }),
    update: (weights, gradients, state, step) =>
      tidy(() => {
        const parameters = parts(weights)
        const updated = optimizer.update(parameters, parts(gradients), mapped(state, parts), step)
        check('what update gives as parameters', updated.parameters, parameters)
        checkState(updated.state, Object.keys(state), parameters)
        // New tensors also where one is handed back as it came: the caller disposes what it gave.
        const given = new Set<Tensor>([...weights, ...gradients, ...Object.values(state).flat()])
        const made = (tensors: readonly Tensor[]) =>
          vectors(tensors).map((vector) => (given.has(vector) ? vector.clone() : vector))
        return { weights: made(updated.parameters), state: mapped(updated.state, made) }
      }),
  }
}
