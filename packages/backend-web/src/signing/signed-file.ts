import type { LatentDecoder } from '@stablesig/core'
import { storeWeights, tensorsNamed, type Weights, weightsFromStored } from '@stablesig/core/weights'
import {
  type ByteSource,
  type FileContents,
  readable,
  rewriteSafetensors,
  type StateDict,
  streamSafetensors,
  type TensorData,
} from '@stablesig/weights'

/** An autoencoder's file, kept so that what is made of it is written as it came. */
export interface OriginalFile {
  readonly source: ByteSource
  readonly state: StateDict
}

/** Signed weights as their file has them. */
export interface StoredDecoder {
  readonly file: Blob
  /** As a reader of the file gets them: new tensors, which the caller disposes. */
  readonly weights: Weights
}

/**
 * Rounds signed weights to the precision of the file that they came from, and writes that file with them.
 * @throws StableSigError as storeWeights, such as 'not-finite' for a weight beyond half precision
 */
export async function storeDecoder(original: OriginalFile, decoder: LatentDecoder): Promise<StoredDecoder> {
  const stored = await storeWeights(tensorsNamed(original.state, decoder.names), decoder.weights)
  const replacements = new Map([...stored].map(([ours, tensor]) => [decoder.names.get(ours) ?? ours, tensor]))
  const parts: BlobPart[] = []
  for await (const chunk of (await contentsOf(original, replacements)).chunks()) parts.push(new Uint8Array(chunk))
  return { file: new Blob(parts), weights: weightsFromStored(stored, decoder.weights) }
}

const contentsOf = (
  { source, state }: OriginalFile,
  replacements: ReadonlyMap<string, TensorData>,
): Promise<FileContents> =>
  state.format === 'safetensors'
    ? rewriteSafetensors(source, replacements)
    : // 'pt' is what PyTorch programs look for before they load a safetensors file.
      streamSafetensors(readable(replacements), { format: 'pt' })
