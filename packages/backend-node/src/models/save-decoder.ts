import {
  type Card,
  type LatentDecoder,
  oihw,
  type TensorData,
  tensorData,
  type Weights,
  writeSafetensors,
} from '@stablesig/core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { writeFileAtomic } from '../files/atomic.ts'

/** A tensor as PyTorch has it: convolutions [3,3,I,O] become [O,I,3,3], all else stays. */
async function stored(tensor: Tensor): Promise<TensorData> {
  const values = await tensor.data<'float32'>()
  const [height = 0, width = 0, into = 0, out = 0] = tensor.shape
  return tensor.rank === 4
    ? tensorData(oihw(values, tensor.shape), [out, into, height, width])
    : tensorData(values, tensor.shape)
}

/**
 * Writes a decoder's weights as safetensors, under the names of the file that the decoder came from, so that it takes that
 * file's place wherever it is loaded. Whole or not at all.
 * @param weights the signed weights, under the model's own names
 * @param card what to say about them; a key never belongs there. The writer adds the data's sha256
 * @throws StableSigError 'io'
 */
export async function saveDecoder(
  path: string,
  decoder: LatentDecoder,
  weights: Weights,
  card: Card = {},
): Promise<void> {
  const tensors: Record<string, TensorData> = {}
  for (const [name, tensor] of Object.entries(weights)) tensors[decoder.names.get(name) ?? name] = await stored(tensor)
  // 'pt' is what PyTorch programs look for before they load a safetensors file.
  await writeFileAtomic(path, writeSafetensors(tensors, { format: 'pt', ...card }))
}
