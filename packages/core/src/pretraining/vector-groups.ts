import { dispose, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Weights } from '../models/weights.ts'
import { type FlatLayout, flatten } from '../training/flat.ts'
import type { Optimizer, Updated } from '../training/optimizers.ts'
import type { GroupValues, VectorGroups } from './training-run.ts'

const momentName = (k: number): string => `moment.${k}`

/** An optimiser's moments among the groups of a step. */
export const momentsIn = (groups: VectorGroups, { moments }: Optimizer): Tensor1D[][] =>
  Array.from({ length: moments }, (_, k) => groups[momentName(k)] ?? [])

/** What an optimiser of flat vectors gives as groups: 'weights', 'moment.0', 'moment.1', … */
export function withMoments({ parameters, moments }: Updated): VectorGroups {
  const named = moments.map((vectors, k) => [momentName(k), vectors as Tensor1D[]] as const)
  return { weights: parameters as Tensor1D[], ...Object.fromEntries(named) }
}

/** Weights as a run begins with them, and moments of zero. The weights stay their caller's. */
export async function startingGroups(layout: FlatLayout, weights: Weights, optimizer: Optimizer): Promise<GroupValues> {
  const vectors = flatten(layout, weights)
  const values = await Promise.all(vectors.map((vector) => vector.data<'float32'>())).finally(() => dispose(vectors))
  const zeros = () => layout.vectors.map(({ length }) => zeroVector(length))
  const moments = Array.from({ length: optimizer.moments }, (_, k) => [momentName(k), zeros()] as const)
  return { weights: values, ...Object.fromEntries(moments) }
}

/** Zeros of which one is negative: of a uniform tensor a compiling engine would make a constant, and a graph of its own. */
export function zeroVector(length: number): Float32Array {
  const values = new Float32Array(length)
  values[0] = -0
  return values
}
