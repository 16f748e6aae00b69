import type { StateDict } from '@stablesig/weights'
import { StableSigError } from '../errors.ts'
import { readFinite } from '../models/read.ts'

/**
 * A tensor's values, row by row.
 * @throws StableSigError 'bad-weights' where it is missing or has another number of values, 'not-finite'
 */
export async function parameterValues(state: StateDict, name: string, count: number): Promise<Float32Array> {
  const stored = state.tensors.get(name)
  if (!stored) throw new StableSigError('bad-weights', `${state.source}: no tensor named ${name}, which the loss needs`)
  const values = await readFinite(state.source, name, stored)
  if (values.length === count) return values
  throw new StableSigError(
    'bad-weights',
    `${state.source}: ${name} has shape [${stored.shape.join(', ')}], expected ${count} values`,
  )
}

/** A tensor of one value. */
export async function parameter(state: StateDict, name: string): Promise<number> {
  const [value = Number.NaN] = await parameterValues(state, name, 1)
  return value
}

export const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x))
