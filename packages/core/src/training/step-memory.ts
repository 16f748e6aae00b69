import { checkNumber } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import type { Extractor } from '../models/extractor.ts'
import type { Weights } from '../models/weights.ts'

/** How a step is kept within memory. What is not given is chosen by `memoryBytes`. */
export interface StepMemoryOptions {
  /**
   * Parts of equal size that a step's batch is put through in, one after the other: a divisor of the batch size. Weights are
   * those of one whole batch within rounding, and a part needs a part of the memory for hardly more time.
   */
  readonly accumulate?: number | undefined
  /** The decoder's stages are computed again in the backward pass: less memory still, for about a third more time. */
  readonly gradientCheckpointing?: boolean | undefined
  /** What intermediate tensors of a step may take by estimate; weights, their moments and gradients come on top. Default 4 GiB. */
  readonly memoryBytes?: number | undefined
}

export interface StepMemory {
  readonly accumulate: number
  readonly gradientCheckpointing: boolean
}

const MEMORY_BYTES = 4 * 2 ** 30

/** Tensors kept for a convolution that follows a norm and a SiLU (normalised, shifted, sigmoid, product), and for another. */
const KEPT_NORMALISED = 4
const KEPT = 2

/**
 * The cheapest way to take a step: a whole batch if it fits, else in as few parts as fit, and stages that are computed again
 * only where not even a single image fits otherwise, or where that is asked for.
 * @throws StableSigError 'bad-argument' when a number is none of its kind
 */
export function stepMemory(
  decoder: LatentDecoder,
  extractor: Extractor,
  { batchSize, size }: { readonly batchSize: number; readonly size: number },
  { accumulate, gradientCheckpointing, memoryBytes = MEMORY_BYTES }: StepMemoryOptions,
): StepMemory {
  checkNumber(memoryBytes, 'memoryBytes', 'a number above 0', (bytes) => bytes > 0)
  if (accumulate !== undefined && !(Number.isInteger(accumulate) && accumulate >= 1 && batchSize % accumulate === 0))
    throw new StableSigError(
      'bad-argument',
      `accumulate is ${accumulate}, expected a divisor of the batch size of ${batchSize}: parts of a batch are of equal size`,
    )
  const divisors = Array.from({ length: batchSize }, (_, i) => i + 1).filter((n) => batchSize % n === 0)
  const counts = accumulate === undefined ? divisors : [accumulate]
  const ways = gradientCheckpointing === undefined ? [false, true] : [gradientCheckpointing]
  const choices = ways.flatMap((again) => counts.map((count) => ({ accumulate: count, gradientCheckpointing: again })))
  const fits = (choice: StepMemory) =>
    (batchSize / choice.accumulate) * imageBytes(decoder, extractor, size, choice.gradientCheckpointing) <= memoryBytes
  return choices.find(fits) ?? choices.at(-1) ?? { accumulate: batchSize, gradientCheckpointing: true }
}

/**
 * About how many bytes of intermediate tensors an image of `size` pixels a side takes in a step, by what convolutions read: each
 * stage's inner tensors are kept until its gradient is due. With `gradientCheckpointing` only what stages take is, and beside that the
 * largest stage or the extractor is alive at a time.
 */
export function imageBytes(
  decoder: LatentDecoder,
  extractor: Extractor,
  size: number,
  gradientCheckpointing: boolean,
): number {
  const inner = [extractorFloats(extractor) * size ** 2]
  let handed = 0
  let side = size / decoder.downscale
  let channels = decoder.latentChannels
  for (const { weights, scale } of decoder.stages) {
    handed += channels * side ** 2
    side *= scale
    inner.push(innerFloats(decoder.weights, weights) * side ** 2)
    channels = convolutions(decoder.weights, weights).at(-1)?.[3] ?? channels
  }
  return 4 * (gradientCheckpointing ? handed + Math.max(...inner) : inner.reduce((a, b) => a + b, 0))
}

/** Floats a pixel that the backward pass needs of an extractor's convolutions. */
const extractorFloats = ({ network: { layers } }: Extractor): number =>
  layers.reduce((sum, { inputs, downscale }) => sum + (KEPT * inputs) / downscale ** 2, 0)

/** About how many bytes of intermediate tensors a pixel takes while a decoder's latent is optimised, by the same estimate. */
export function decoderBytesPerPixel(decoder: LatentDecoder): number {
  let scale = 1 / decoder.downscale
  const floats = decoder.stages.map((stage) => {
    scale *= stage.scale
    return innerFloats(decoder.weights, stage.weights) * scale ** 2
  })
  return 4 * floats.reduce((sum, each) => sum + each, 0)
}

/** Floats a position that the backward pass needs of convolutions, by their input channels. */
function innerFloats(all: Weights, names: readonly string[]): number {
  const normalised = names.some((name) => /norm/.test(name))
  const inputs = convolutions(all, names).reduce((sum, [, , into = 0]) => sum + into, 0)
  return inputs * (normalised ? KEPT_NORMALISED : KEPT)
}

/** Shapes [kh,kw,I,O] of the convolutions among some weights. */
const convolutions = (all: Weights, names: readonly string[]): number[][] =>
  names.flatMap((name) => (all[name]?.rank === 4 ? [all[name].shape] : []))
