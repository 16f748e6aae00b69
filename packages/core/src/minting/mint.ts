import type { ConvolutionScales } from '@stablesig/weights'
import { clone, dispose, type Rank, reshape, type Tensor, type Tensor4D, tensor } from '@tensorflow/tfjs-core'
import { type LatentDecoder, withWeights } from '../models/autoencoders/autoencoder.ts'
import type { Weights } from '../models/weights.ts'
import { inputVector, markConstant } from '../ops/hints.ts'
import type { Key } from '../signal/key.ts'
import { checkMintersDecoder, keyScales, type Minter } from './minter.ts'

/**
 * The decoder whose images carry the key: ordinary weights under the decoder's own names, its scales folded in, which every writer and
 * every export takes.
 * @param decoder the very one that the minter was trained with
 * @returns weights of its own, which `dispose` frees; a VQ decoder's codes stay the decoder's, which must then outlive it
 * @throws StableSigError 'bad-key'; 'bad-weights' where the minter belongs to another decoder; 'bad-argument', 'disposed'
 */
export async function mint(minter: Minter, decoder: LatentDecoder, key: Key): Promise<LatentDecoder> {
  const scales = keyScales(minter, key)
  await checkMintersDecoder(minter, decoder)
  return withWeights(decoder, await folded(decoder.weights, scales))
}

/** What happens to a tensor's values, by its last axis. */
interface Change {
  readonly scale: Float32Array
  readonly shift: Float32Array | null
}

/** Weights with scales folded in: weight·scale, bias·scale + shift. All tensors are new. */
async function folded(weights: Weights, scales: readonly ConvolutionScales[]): Promise<Weights> {
  const changes = new Map<string, Change>()
  for (const { name, scale, shift } of scales) {
    changes.set(`${name}.weight`, { scale, shift: null })
    if (shift) changes.set(`${name}.bias`, { scale, shift })
  }
  const made: Record<string, Tensor> = {}
  try {
    for (const [name, original] of Object.entries(weights)) {
      const change = changes.get(name)
      made[name] = change ? markConstant(await changed(original, change)) : clone(original)
    }
    return made
  } catch (error) {
    dispose(made)
    throw error
  }
}

/** Each operation is rounded to single precision, as `applyScales` rounds. */
async function changed(original: Tensor, { scale, shift }: Change): Promise<Tensor> {
  const values = await original.data<'float32'>()
  const channels = scale.length
  const result = new Float32Array(values.length)
  for (let from = 0; from < result.length; from += channels)
    for (let c = 0; c < channels; c++) result[from + c] = values[from + c]! * scale[c]!
  if (shift) for (let c = 0; c < channels; c++) result[c] = result[c]! + shift[c]!
  return tensor(result, original.shape, 'float32')
}

/**
 * The same decoder for a server that has many users: the original's weights, which stay as they are, and a key's scales beside them.
 * Nothing is folded, and an engine that compiles runs the program that it has, for all users' decoders differ in these scales alone.
 * It is to be decoded with; what is written or exported is `mint`'s.
 * @returns `dispose` frees the scales; the decoder must outlive it
 * @throws StableSigError as mint
 */
export async function conditionDecoder(minter: Minter, decoder: LatentDecoder, key: Key): Promise<LatentDecoder> {
  const scales = keyScales(minter, key)
  await checkMintersDecoder(minter, decoder)
  const own = scalesAsWeights(scales)
  return { ...withWeights(decoder, { ...decoder.weights, ...own }), dispose: () => dispose(own) }
}

/** By the names that convolutions look them up by, [1,1,1,channels] each. */
function scalesAsWeights(scales: readonly ConvolutionScales[]): Record<string, Tensor4D> {
  const channelsLast = (values: Float32Array): Tensor4D => {
    const vector = inputVector(values)
    const shaped = reshape<Rank.R4>(vector, [1, 1, 1, values.length])
    vector.dispose()
    return shaped
  }
  return Object.fromEntries(
    scales.flatMap(({ name, scale, shift }) => [
      [`${name}.scale`, channelsLast(scale)],
      ...(shift ? [[`${name}.shift`, channelsLast(shift)]] : []),
    ]),
  )
}
