import { type TensorData, tensorData } from '@stablesig/weights'
import { dispose, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import {
  type FlatLayout,
  flatLayout,
  flatLayoutOnly,
  flatten,
  tensorsOf,
  unflatten,
  vectorLengths,
} from '../training/flat.ts'
import type { Optimizer } from '../training/optimizer.ts'
import {
  type HiddenArchitecture,
  hiddenArchitecture,
  initialHidden,
  initialHiddenStatistics,
} from './hidden-architecture.ts'
import type { HiddenState } from './hidden-step.ts'
import { storedTensors } from './stored-tensors.ts'
import { type GroupValues, readTrained, type VectorGroups } from './training-run.ts'
import { groupOf, momentName, startingGroups, stateNames } from './vector-groups.ts'

/** Where the tensors of HiDDeN's joint training lie among the vectors that a run keeps. */
export interface HiddenLayout {
  readonly optimizer: Optimizer
  readonly weights: FlatLayout
  readonly statistics: FlatLayout
}

/** The vectors that a run begins with, and where its tensors lie among them. */
export async function startHidden(
  architecture: HiddenArchitecture,
  optimizer: Optimizer,
  seed: number,
): Promise<{ readonly layout: HiddenLayout; readonly groups: GroupValues }> {
  const [weights, statistics] = [initialHidden(architecture, seed), initialHiddenStatistics(architecture)]
  const layout = { optimizer, weights: flatLayout(weights), statistics: flatLayout(statistics) }
  const vectors = flatten(layout.statistics, statistics)
  try {
    const values = await Promise.all(vectors.map(async (vector) => (await vector.data<'float32'>()).slice()))
    const groups = { ...(await startingGroups(layout.weights, weights, optimizer)), statistics: values }
    return { layout, groups }
  } finally {
    dispose([weights, statistics, vectors])
  }
}

/** The state of a step as views of a run's vectors. */
export const stateOf = ({ optimizer, weights, statistics }: HiddenLayout, groups: VectorGroups): HiddenState => ({
  weights: unflatten(weights, groupOf(groups, 'weights')),
  statistics: unflatten(statistics, groupOf(groups, 'statistics')),
  optimizer: Object.fromEntries(
    stateNames(optimizer).map((name, k) => [name, Object.values(unflatten(weights, groupOf(groups, momentName(k))))]),
  ),
})

/** A step's state as the vectors that a run keeps. */
export function groupsOf({ optimizer, weights, statistics }: HiddenLayout, state: HiddenState): VectorGroups {
  const named = (tensors: readonly Tensor[] = []) =>
    Object.fromEntries(weights.names.flatMap((name, i) => (tensors[i] ? [[name, tensors[i]] as const] : [])))
  const moments = stateNames(optimizer).map((name, k): [string, Tensor1D[]] => [
    momentName(k),
    flatten(weights, named(state.optimizer[name])),
  ])
  return {
    weights: flatten(weights, state.weights),
    statistics: flatten(statistics, state.statistics),
    ...Object.fromEntries(moments),
  }
}

/** A run's vectors as a checkpoint of the published code has them: weights and running statistics by PyTorch's names. */
export async function hiddenTensors(
  { weights, statistics }: Pick<HiddenLayout, 'weights' | 'statistics'>,
  groups: GroupValues,
): Promise<Record<string, TensorData>> {
  const tensors = await storedTensors(weights, groups.weights ?? [], 'out-in')
  const running = tensorsOf(statistics, groups.statistics ?? [])
  try {
    for (const [name, tensor] of Object.entries(running))
      tensors[name] = tensorData(await tensor.data<'float32'>(), tensor.shape)
    return tensors
  } finally {
    dispose(running)
  }
}

/**
 * The pair as it was when a checkpoint of pretrainHidden was written: models, while their training goes on.
 * @throws StableSigError 'bad-checkpoint' when it is not one, or of another architecture
 */
export async function hiddenInCheckpoint(
  bytes: Uint8Array,
  options: { readonly bits?: number; readonly architecture?: Partial<Omit<HiddenArchitecture, 'bits'>> } = {},
): Promise<{ readonly step: number; readonly tensors: Readonly<Record<string, TensorData>> }> {
  const architecture = { ...hiddenArchitecture(options.bits ?? 48), ...options.architecture }
  const layout = {
    weights: flatLayoutOnly(initialHidden(architecture, 0)),
    statistics: flatLayoutOnly(initialHiddenStatistics(architecture)),
  }
  const { step, groups } = await readTrained(bytes, {
    weights: vectorLengths(layout.weights),
    statistics: vectorLengths(layout.statistics),
  })
  return { step, tensors: await hiddenTensors(layout, groups) }
}
