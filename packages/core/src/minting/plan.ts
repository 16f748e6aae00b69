import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import type { LatentDecoder, Stage } from '../models/autoencoders/autoencoder.ts'
import { decoderStages } from '../models/autoencoders/decoder-stages.ts'
import { scope } from '../models/weights.ts'

/** A convolution whose outputs depend on the key. */
export interface ConditionedConvolution {
  /** As the model's names begin: '8.conv.0' of '8.conv.0.weight'. */
  readonly name: string
  /** Of its outputs: so many scales, and as many shifts where it is `shifted`. */
  readonly channels: number
  /** Whether it has a bias, into which a shift folds; without one there are scales alone. */
  readonly shifted: boolean
}

/** Where a key enters a decoder. */
export interface MintingPlan {
  /** In the order in which the decoder runs them. */
  readonly convolutions: readonly ConditionedConvolution[]
  /** What no key changes: latents [N,h,w,C] -> features, computed once for an image. */
  readonly head: readonly Stage[]
  /** From the first conditioned convolution on: features -> images [N,H,W,3] around [0, 1]. */
  readonly tail: readonly Stage[]
}

/** Below it a convolution mixes channels alone: shortcuts, attention, the branches of pooled blocks. */
const MIN_SIDE = 3

/**
 * The conditioned convolutions of a decoder of any family: all of 3x3 or more from the first upsampling on, but for the last one,
 * which makes the image's three channels. What stands before the first upsampling decides what is seen, and is most of the frozen work.
 * @throws StableSigError 'unsupported' for a decoder that has no such convolution
 */
export function mintingPlan(decoder: LatentDecoder): MintingPlan {
  const stages = decoderStages(decoder)
  const names = stages.map((stage) => stage.weights.flatMap((name) => convolutionOf(decoder, name)))
  const last = names.flat().at(-1)
  const from = Math.max(
    0,
    stages.findIndex(({ scale }) => scale === 2),
  )
  const first = names.findIndex((found, i) => i >= from && found.some((name) => name !== last))
  if (first < 0)
    throw new StableSigError(
      'unsupported',
      `a decoder with the stages ${decoder.stages.map(({ name }) => name).join(', ')} has no convolution that a key could scale`,
    )
  const convolutions = names
    .slice(first)
    .flat()
    .filter((name) => name !== last)
    .map((name) => ({
      name,
      channels: channelsOf(decoder, name),
      shifted: `${name}.bias` in decoder.weights,
    }))
  return { convolutions, head: stages.slice(0, first), tail: stages.slice(first) }
}

/** The convolution's name, where a weight is that of a large enough one. */
function convolutionOf({ weights }: LatentDecoder, name: string): string[] {
  const { rank, shape } = scope(weights).tensor(name)
  return name.endsWith('.weight') && rank === 4 && at(shape, 0) >= MIN_SIDE ? [name.slice(0, -'.weight'.length)] : []
}

const channelsOf = ({ weights }: LatentDecoder, name: string): number =>
  at(scope(weights).tensor(`${name}.weight`).shape, 3)
