import {
  roundToDelta,
  type StateDict,
  type StateTensor,
  storeLike,
  type TensorData,
  toFloat32,
} from '@stablesig/weights'
import type { Tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { markConstants } from '../ops/hints.ts'
import { oihw } from './layout.ts'
import { toTfjs } from './read.ts'
import type { Weights } from './weights.ts'

export interface StoreOptions {
  /**
   * Round what is trained in float32 so that a delta of half precision describes it exactly: eleven bits of each change stay.
   * Weights of half precision need no such rounding. Default false.
   */
  readonly forDelta?: boolean
}

/**
 * A model's tensors in the file they came from, by the model's names.
 * @param names the model's names -> the file's
 * @throws StableSigError 'bad-weights' naming a tensor that is no longer there
 */
export function tensorsNamed(state: StateDict, names: ReadonlyMap<string, string>): Map<string, StateTensor> {
  const tensors = new Map<string, StateTensor>()
  for (const [ours, theirs] of names) {
    const tensor = state.tensors.get(theirs)
    if (!tensor)
      throw new StableSigError('bad-weights', `${state.source}: no tensor named ${theirs}: has the file changed?`)
    tensors.set(ours, tensor)
  }
  return tensors
}

/**
 * Trained weights as their file stores them: PyTorch's layout, the file's dtypes and shapes, rounded to the nearest, ties to
 * even. A weight that did not change keeps its bytes. Weights that have been through this once come out the same again.
 * @param stored the file's tensors, by the model's names
 * @param weights tfjs layout, by the same names; names that are not among them stay as they are and are left out of the result
 * @throws StableSigError as storeLike, naming the tensor; 'bad-argument' for a weight that the file does not have
 */
export async function storeWeights(
  stored: ReadonlyMap<string, StateTensor>,
  weights: Weights,
  { forDelta = false }: StoreOptions = {},
): Promise<Map<string, TensorData>> {
  const tensors = new Map<string, TensorData>()
  for (const [name, tensor] of Object.entries(weights)) {
    const there = stored.get(name)
    if (!there) throw new StableSigError('bad-argument', `no tensor of the file belongs to the weight ${name}`)
    const before = await there.read()
    const trained = await torchValues(tensor)
    const { dtype, shape } = there
    const values =
      forDelta && dtype === 'float32' && trained.length * 4 === before.length
        ? roundToDelta(toFloat32(before, dtype), trained)
        : trained
    tensors.set(name, { dtype, shape, data: storeLike(values, dtype, before, name) })
  }
  return tensors
}

/**
 * What a reader of stored weights gets, as new tensors shaped like `weights`, which the caller disposes.
 * @param stored what storeWeights made of these weights
 */
export function weightsFromStored(stored: ReadonlyMap<string, TensorData>, weights: Weights): Weights {
  const read: Record<string, Tensor> = {}
  for (const [name, { dtype, data }] of stored) {
    const shape = weights[name]?.shape ?? []
    const [height = 0, width = 0, into = 0, out = 0] = shape
    read[name] = toTfjs(toFloat32(data, dtype), shape.length === 4 ? [out, into, height, width] : shape)
  }
  return markConstants(read)
}

/** A tensor's values in PyTorch's order: convolutions [h,w,I,O] become [O,I,h,w], all else stays. */
async function torchValues(tensor: Tensor): Promise<Float32Array> {
  const values = await tensor.data<'float32'>()
  return tensor.rank === 4 ? oihw(values, tensor.shape) : values
}
