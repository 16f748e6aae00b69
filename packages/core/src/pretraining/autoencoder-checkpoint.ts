import type { TensorData } from '@stablesig/weights'
import { dispose } from '@tensorflow/tfjs-core'
import { flatLayout } from '../training/flat.ts'
import { type AutoencoderArchitecture, initialAutoencoder, SMALL_AUTOENCODER } from './autoencoder-architecture.ts'
import { readSnapshot } from './snapshot.ts'
import { storedTensors } from './stored-tensors.ts'

/**
 * The autoencoder as it was when a checkpoint of trainAutoencoder was written: a model, while its training goes on.
 * @throws StableSigError 'bad-checkpoint' when it is not one, or of another architecture
 */
export async function autoencoderInCheckpoint(
  bytes: Uint8Array,
  { architecture = SMALL_AUTOENCODER }: { readonly architecture?: AutoencoderArchitecture } = {},
): Promise<{ readonly step: number; readonly tensors: Readonly<Record<string, TensorData>> }> {
  const shaped = initialAutoencoder(architecture, 0)
  const layout = flatLayout(shaped)
  dispose(shaped)
  const { step, groups } = await readSnapshot(bytes, null, { weights: layout.vectors.map(({ length }) => length) })
  return { step, tensors: await storedTensors(layout, groups.weights ?? []) }
}
