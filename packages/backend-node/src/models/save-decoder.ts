import {
  type Card,
  type LatentDecoder,
  type TensorData,
  tensorData,
  type Weights,
  writeSafetensors,
} from '@stablesig/core'
import { type Tensor, transpose } from '@tensorflow/tfjs-core'
import { writeFileAtomic } from '../files/atomic.ts'

/** A tensor as PyTorch has it: convolutions [3,3,I,O] become [O,I,3,3], all else stays. */
async function stored(tensor: Tensor): Promise<TensorData> {
  if (tensor.rank !== 4) return tensorData(await tensor.data<'float32'>(), tensor.shape)
  const turned = transpose(tensor, [3, 2, 0, 1])
  try {
    return tensorData(await turned.data<'float32'>(), turned.shape)
  } finally {
    turned.dispose()
  }
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
