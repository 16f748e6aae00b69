import { type TensorData, tensorData } from '@stablesig/weights'
import { flatLayoutOnly, vectorLengths } from '../training/flat.ts'
import { storedTensors } from './stored-tensors.ts'
import { type GroupValues, readTrained } from './training-run.ts'
import {
  initialPair,
  initialStatistics,
  type PairArchitecture,
  pairArchitecture,
  runningStatistics,
} from './watermark-pair.ts'

/** A joint training's vectors as a file has them: weights by name in PyTorch's order, and the running statistics of each norm. */
export async function pairTensors(
  architecture: PairArchitecture,
  groups: GroupValues,
): Promise<Record<string, TensorData>> {
  const tensors = await storedTensors(pairLayout(architecture), groups.weights ?? [])
  const [statistics = new Float32Array()] = groups.statistics ?? []
  let at = 0
  for (const { name, channels } of runningStatistics(architecture)) {
    tensors[name] = tensorData(statistics.slice(at, at + channels), [channels])
    at += channels
  }
  return tensors
}

const pairLayout = (architecture: PairArchitecture) => flatLayoutOnly(initialPair(architecture, 0))

/**
 * The pair as it was when a checkpoint of pretrain was written: models, while their training goes on.
 * @throws StableSigError 'bad-checkpoint' when it is not one, or of another architecture
 */
export async function pairInCheckpoint(
  bytes: Uint8Array,
  options: { readonly bits?: number; readonly architecture?: Omit<PairArchitecture, 'bits'> } = {},
): Promise<{ readonly step: number; readonly tensors: Readonly<Record<string, TensorData>> }> {
  const architecture: PairArchitecture = { ...pairArchitecture(options.bits ?? 48), ...options.architecture }
  const { step, groups } = await readTrained(bytes, {
    weights: vectorLengths(pairLayout(architecture)),
    statistics: [initialStatistics(architecture).length],
  })
  return { step, tensors: await pairTensors(architecture, groups) }
}
