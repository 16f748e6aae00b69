import type { TensorData } from '@stablesig/weights'
import { dispose } from '@tensorflow/tfjs-core'
import { readCheckpoint } from '../training/checkpoint.ts'
import { flatLayout } from '../training/flat.ts'
import { type AutoencoderArchitecture, initialAutoencoder, SMALL_AUTOENCODER } from './autoencoder-architecture.ts'
import { storedTensors } from './stored-tensors.ts'
import { PRETRAINING_CHECKPOINT } from './training-run.ts'

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
  const { step, groups } = await readCheckpoint(bytes, {
    format: PRETRAINING_CHECKPOINT,
    fingerprint: null,
    lengths: { weights: layout.vectors.map(({ length }) => length) },
  })
  return { step, tensors: await storedTensors(layout, groups.weights ?? []) }
}
