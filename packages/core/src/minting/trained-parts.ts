import { toFloat32 } from '@stablesig/weights'
import type { Extractor } from '../models/extractor.ts'
import { storedTensors } from '../pretraining/stored-tensors.ts'
import { readTrained } from '../pretraining/training-run.ts'
import { type FlatLayout, flatLayoutOnly, vectorLengths } from '../training/flat.ts'
import { minterShapes } from './architecture.ts'
import type { Minter } from './minter.ts'
import { planTraining, type TrainMinterOptions } from './minter-options.ts'
import { networkHash } from './network-hash.ts'
import { mintingPlan } from './plan.ts'
import { startingParameters } from './starting-parameters.ts'
import { trainedExtractor } from './trained-extractor.ts'

/** What a minter is before its training, but for its weights. */
export type MinterFrame = Omit<Minter, 'values'>

/** The frame of what `trainMinter` makes of the same options. @throws StableSigError as trainMinter does at its start */
export async function untrainedMinter(options: TrainMinterOptions): Promise<MinterFrame> {
  const { recipe } = planTraining(options)
  const { autoencoder, extractor } = options
  const { hidden, maxScale, maxShift } = recipe
  const { convolutions } = mintingPlan(autoencoder.decoder)
  return {
    architecture: { bits: extractor.bits, hidden, maxScale, maxShift, convolutions },
    decoderHash: await networkHash(autoencoder.decoder.weights),
    extractorHash: await networkHash(extractor.weights),
  }
}

/** What a training makes. */
export interface MinterParts {
  readonly minter: Minter
  /** The extractor, where it was trained too, with weights of its own, which its caller disposes: to be whitened. Otherwise null. */
  readonly extractor: Extractor | null
}

/** What flat vectors of a training hold. */
export async function trainedParts(
  { extractor }: TrainMinterOptions,
  frame: MinterFrame,
  layout: FlatLayout,
  vectors: readonly Float32Array[],
  extractorRate: number,
): Promise<MinterParts> {
  const shapes = minterShapes(frame.architecture)
  const all = Object.entries(await parametersOf(layout, vectors))
  const values = Object.fromEntries(all.filter(([name]) => Object.hasOwn(shapes, name)))
  if (!(extractorRate > 0)) return { minter: { ...frame, values }, extractor: null }
  const trained = await trainedExtractor(extractor, layout, vectors, extractorRate)
  return { minter: { ...frame, values, extractorHash: await networkHash(trained.weights) }, extractor: trained }
}

/**
 * The minter as it was when a checkpoint was written: one to mint with, while its training goes on.
 * @param options of the training
 * @returns as trainMinter
 * @throws StableSigError 'bad-checkpoint' when it is not one, or of another architecture
 */
export async function minterInCheckpoint(
  bytes: Uint8Array,
  options: TrainMinterOptions,
): Promise<MinterParts & { readonly step: number }> {
  const training = planTraining(options)
  const frame = await untrainedMinter(options)
  const layout = flatLayoutOnly(await startingParameters(options, training, frame.architecture))
  const { step, groups } = await readTrained(bytes, { weights: vectorLengths(layout) })
  const { extractorRate } = training.recipe
  return { step, ...(await trainedParts(options, frame, layout, groups.weights ?? [], extractorRate)) }
}

/** All parameters by name, in PyTorch's order, as a minter has its own. */
export async function parametersOf(layout: FlatLayout, vectors: readonly Float32Array[]): Promise<Minter['values']> {
  const stored = await storedTensors(layout, vectors)
  return Object.fromEntries(Object.entries(stored).map(([name, { data, dtype }]) => [name, toFloat32(data, dtype)]))
}
