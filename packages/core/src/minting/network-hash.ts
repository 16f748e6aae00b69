import { fromFloat32, type Hash, readFloat32, type StateTensor, tensorsHash } from '@stablesig/weights'
import type { Tensor } from '@tensorflow/tfjs-core'
import { oihw } from '../models/layout.ts'
import type { Weights } from '../models/weights.ts'

/** Hashes by a network's weights, as long as they live: they never change. */
const known = new WeakMap<Weights, Promise<string>>()

/**
 * What a minter is bound to: SHA-256 of a network's weights as float32, convolutions in PyTorch's order, under the model's own names,
 * whatever file or spelling they came from.
 * @returns 64 hexadecimal digits
 */
export function networkHash(weights: Weights): Promise<string> {
  const found = known.get(weights)
  if (found) return found
  const hash = tensorsHash(new Map(Object.entries(weights).map(([name, tensor]) => [name, stateTensor(tensor)])))
  known.set(weights, hash)
  hash.catch(() => known.delete(weights))
  return hash
}

/**
 * The same of a network's tensors in a file: networkHash of the weights that are read from them.
 * @param tensors by the model's own names
 * @param hash a faster SHA-256 than this library's own
 */
export const storedNetworkHash = (tensors: ReadonlyMap<string, StateTensor>, hash?: Hash): Promise<string> =>
  tensorsHash(
    new Map(
      [...tensors].map(([name, tensor]): [string, StateTensor] => [
        name,
        {
          dtype: 'float32',
          shape: tensor.shape,
          read: async () => fromFloat32(await readFloat32(tensor), 'float32'),
        },
      ]),
    ),
    hash,
  )

const stateTensor = (tensor: Tensor): StateTensor => ({
  dtype: 'float32',
  shape: tensor.shape,
  async read() {
    const values = await tensor.data<'float32'>()
    return fromFloat32(tensor.rank === 4 ? oihw(values, tensor.shape) : values, 'float32')
  },
})
