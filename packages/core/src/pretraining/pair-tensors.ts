import { type TensorData, tensorData } from '@stablesig/weights'
import { dispose } from '@tensorflow/tfjs-core'
import { readCheckpoint } from '../training/checkpoint.ts'
import { flatLayout } from '../training/flat.ts'
import { storedTensors } from './stored-tensors.ts'
import { type GroupValues, PRETRAINING_CHECKPOINT } from './training-run.ts'
import {
  initialPair,
  initialStatistics,
  normLayers,
  type PairArchitecture,
  pairArchitecture,
} from './watermark-pair.ts'

/** A joint training's vectors as a file has them: weights by name in PyTorch's order, and the running statistics of each norm. */
export async function pairTensors(
  architecture: PairArchitecture,
  groups: GroupValues,
): Promise<Record<string, TensorData>> {
  const shaped = initialPair(architecture, 0)
  const layout = flatLayout(shaped)
  dispose(shaped)
  const tensors = await storedTensors(layout, groups.weights ?? [])
  const [statistics = new Float32Array()] = groups.statistics ?? []
  let at = 0
  for (const { name, channels } of normLayers(architecture))
    for (const which of ['mean', 'var'] as const) {
      tensors[`${name}.norm.running_${which}`] = tensorData(statistics.slice(at, at + channels), [channels])
      at += channels
    }
  return tensors
}

/**
 * The pair as it was when a checkpoint of pretrain was written: models, while their training goes on.
 * @throws StableSigError 'bad-checkpoint' when it is not one, or of another architecture
 */
export async function pairInCheckpoint(
  bytes: Uint8Array,
  options: { readonly bits?: number; readonly architecture?: Omit<PairArchitecture, 'bits'> } = {},
): Promise<{ readonly step: number; readonly tensors: Readonly<Record<string, TensorData>> }> {
  const architecture: PairArchitecture = { ...pairArchitecture(options.bits ?? 48), ...options.architecture }
  const shaped = initialPair(architecture, 0)
  const { vectors } = flatLayout(shaped)
  dispose(shaped)
  const lengths = {
    weights: vectors.map(({ length }) => length),
    statistics: [initialStatistics(architecture).length],
  }
  const { step, groups } = await readCheckpoint(bytes, { format: PRETRAINING_CHECKPOINT, fingerprint: null, lengths })
  return { step, tensors: await pairTensors(architecture, groups) }
}
