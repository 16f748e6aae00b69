import type { TensorData } from '@stablesig/weights'
import { flatLayoutOnly, vectorLengths } from '../training/flat.ts'
import { type AutoencoderArchitecture, initialAutoencoder, SMALL_AUTOENCODER } from './autoencoder-architecture.ts'
import { storedTensors } from './stored-tensors.ts'
import { readTrained } from './training-run.ts'

/**
 * The autoencoder as it was when a checkpoint of trainAutoencoder was written: a model, while its training goes on.
 * @throws StableSigError 'bad-checkpoint' when it is not one, or of another architecture
 */
export async function autoencoderInCheckpoint(
  bytes: Uint8Array,
  { architecture = SMALL_AUTOENCODER }: { readonly architecture?: AutoencoderArchitecture } = {},
): Promise<{ readonly step: number; readonly tensors: Readonly<Record<string, TensorData>> }> {
  const layout = flatLayoutOnly(initialAutoencoder(architecture, 0))
  const { step, groups } = await readTrained(bytes, { weights: vectorLengths(layout) })
  return { step, tensors: await storedTensors(layout, groups.weights ?? []) }
}
