import { toFloat32 } from '@stablesig/weights'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import { storedTensors } from '../pretraining/stored-tensors.ts'
import { readTrained } from '../pretraining/training-run.ts'
import { type FlatLayout, flatLayoutOnly, vectorLengths } from '../training/flat.ts'
import { minterShapes } from './architecture.ts'
import type { Minter } from './minter.ts'
import { conditionedDecoder, type MinterRecipe, planTraining, type TrainMinterOptions } from './minter-options.ts'
import { networkHash } from './network-hash.ts'
import { mintingPlan } from './plan.ts'
import { startingParameters } from './starting-parameters.ts'
import { trainedDecoder, trainedExtractor } from './trained-beside.ts'

/** What a minter is before its training, but for its weights. */
export type MinterFrame = Omit<Minter, 'values'>

/** The frame of what `trainMinter` makes of the same options. @throws StableSigError as trainMinter does at its start */
export async function untrainedMinter(options: TrainMinterOptions): Promise<MinterFrame> {
  const { recipe } = planTraining(options)
  const { extractor } = options
  const decoder = conditionedDecoder(options)
  const { hidden, maxScale, maxShift } = recipe
  const { convolutions } = mintingPlan(decoder)
  return {
    architecture: { bits: extractor.bits, hidden, maxScale, maxShift, convolutions },
    decoderHash: await networkHash(decoder.weights),
    extractorHash: await networkHash(extractor.weights),
  }
}

/** What a training makes. */
export interface MinterParts {
  readonly minter: Minter
  /** The extractor, where it was trained too, with weights of its own, which its caller disposes: to be whitened. Otherwise null. */
  readonly extractor: Extractor | null
  /** The decoder that the minter's keys change, where it was trained too: its caller disposes it. Otherwise null. */
  readonly decoder: LatentDecoder | null
}

/** What flat vectors of a training hold. */
export async function trainedParts(
  options: TrainMinterOptions,
  frame: MinterFrame,
  layout: FlatLayout,
  vectors: readonly Float32Array[],
  { extractorRate, decoderRate }: MinterRecipe,
): Promise<MinterParts> {
  const shapes = minterShapes(frame.architecture)
  const all = Object.entries(await parametersOf(layout, vectors))
  const values = Object.fromEntries(all.filter(([name]) => Object.hasOwn(shapes, name)))
  const extractor = extractorRate > 0 ? await trainedExtractor(options.extractor, layout, vectors, extractorRate) : null
  const decoder =
    decoderRate > 0 ? await trainedDecoder(conditionedDecoder(options), layout, vectors, decoderRate) : null
  const extractorHash = extractor ? await networkHash(extractor.weights) : frame.extractorHash
  const decoderHash = decoder ? await networkHash(decoder.weights) : frame.decoderHash
  return { minter: { ...frame, values, extractorHash, decoderHash }, extractor, decoder }
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
  return { step, ...(await trainedParts(options, frame, layout, groups.weights ?? [], training.recipe)) }
}

/** All parameters by name, in PyTorch's order, as a minter has its own. */
export async function parametersOf(layout: FlatLayout, vectors: readonly Float32Array[]): Promise<Minter['values']> {
  const stored = await storedTensors(layout, vectors)
  return Object.fromEntries(Object.entries(stored).map(([name, { data, dtype }]) => [name, toFloat32(data, dtype)]))
}
