import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import type { NormContext } from '../../ops/norm-statistics.ts'
import type { UnitImages } from '../../signal/images.ts'
import type { Weights } from '../weights.ts'
import type { LatentScaling } from './latents.ts'

/** The two halves of an autoencoder. */
export type Part = 'encoder' | 'decoder'

/** 'kl': Stable Diffusion's and FLUX's; 'vq': VQGAN's; 'tiny': TAESD's. */
export type Family = 'kl' | 'vq' | 'tiny'

/**
 * One step of a network, a pure function: x [N,H,W,I] -> [N,H',W',O]. Running the stages one after the other is running the
 * network; between them is where a block may be computed again, or an image cut in tiles.
 */
export interface Stage {
  /** As the model's names begin: 'mid.block_1', 'up.2.upsample'. */
  readonly name: string
  /** The weights that it depends on. */
  readonly weights: readonly string[]
  /** By how much H and W grow: 2 for an upsampling, 1/2 for a downsampling. */
  readonly scale: 0.5 | 1 | 2
  /** Every position of what it gives depends on all positions of x, as in attention. The statistics of norms are not meant. */
  readonly whole?: boolean
  /** @param context is passed to each of its group norms; a stage that is `whole` may leave it */
  apply(weights: Weights, x: Tensor4D, context?: NormContext): Tensor4D
}

/** What encoders and decoders of every family have in common: weights, and a pure function of them. */
interface Network {
  /** For messages and cards. */
  readonly family: Family
  readonly latentChannels: number
  /** Image pixels a latent position, along a side. */
  readonly downscale: number
  /** Channels by resolution, that of the image first. */
  readonly widths: readonly number[]
  /** Under the model's own names, tfjs layout: of a decoder what can be trained, its post_quant_conv included. */
  readonly weights: Weights
  /** The model's names -> those of the file it came from, for writing it back in the form that came in. */
  readonly names: ReadonlyMap<string, string>
  /** The model's names -> the shapes in the file, in PyTorch's order: attention is [C,C] or [C,C,1,1] there. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  /** What `apply` does between images and latents, in order. Ranges of images are not converted by them. */
  readonly stages: readonly Stage[]
  /** Frees the weights, and what else the network holds. */
  dispose(): void
}

/** Images to latents. */
export interface LatentEncoder extends Network {
  /**
   * images [N,H,W,3] in [0, 1] -> latents [N,h,w,C] with the given weights: of a KL encoder the mean (mode), of a VQ encoder what
   * is to be quantised. h is ceil(H/d) in the tiny family, floor(H/d) in the others.
   */
  apply(weights: Weights, images: UnitImages): Tensor4D
  /** KL alone: images [N,H,W,3] in [0, 1] -> moments [N,h,w,2C], means before logarithms of variances. See `gaussian`. */
  moments?(weights: Weights, images: UnitImages): Tensor4D
}

/** What a VQ decoder looks up, frozen. */
export interface Quantiser {
  /** [K,C] */
  readonly codebook: Tensor2D
  /** codes [N,h,w,C] -> images [N,h·d,w·d,3] with the given weights; codes are taken as they are. */
  decodeCodes(weights: Weights, codes: Tensor4D): UnitImages
}

/** How a network runs that is to be differentiated. */
export interface DecodeOptions {
  /**
   * Stages keep only their input and are computed again in the backward pass: a fraction of the memory for about a third more
   * arithmetic, with the same values and gradients. Default false.
   */
  readonly gradientCheckpointing?: boolean
}

/** Latents to images. */
export interface LatentDecoder extends Network {
  /**
   * latents [N,h,w,C] -> images [N,h·d,w·d,3], around [0, 1] and not clamped, with the given weights. A VQ decoder takes each
   * position's nearest code first; gradients pass through that unchanged.
   */
  apply(weights: Weights, latents: Tensor4D, options?: DecodeOptions): UnitImages
  /** VQ alone. */
  readonly quantiser?: Quantiser
}

/** An encoder and the decoder that undoes it. */
export interface Autoencoder {
  readonly encoder: LatentEncoder
  readonly decoder: LatentDecoder
  readonly latentChannels: number
  readonly downscale: number
  /** Between these latents and the ones that a generator works on. */
  readonly latents: LatentScaling
  /** Frees the weights of both. */
  dispose(): void
}

/**
 * A decoder with other weights under the same names, which it then owns: `dispose` frees them, once or more often. What else the
 * decoder holds, the codes of a VQ model, stays its own.
 */
export function withWeights(decoder: LatentDecoder, weights: Weights): LatentDecoder {
  return {
    ...decoder,
    apply: (weights, latents, options) => decoder.apply(weights, latents, options),
    weights,
    dispose() {
      for (const tensor of Object.values(weights)) tensor.dispose()
    },
  }
}

/** @throws StableSigError 'bad-weights' when latents of the one are none of the other */
export function joinAutoencoder(encoder: LatentEncoder, decoder: LatentDecoder, latents: LatentScaling): Autoencoder {
  for (const what of ['family', 'latentChannels', 'downscale'] as const)
    if (encoder[what] !== decoder[what])
      throw new StableSigError(
        'bad-weights',
        `the encoder's ${what} is ${encoder[what]}, the decoder's ${decoder[what]}: they belong to different autoencoders`,
      )
  return {
    encoder,
    decoder,
    latentChannels: decoder.latentChannels,
    downscale: decoder.downscale,
    latents,
    dispose() {
      encoder.dispose()
      decoder.dispose()
    },
  }
}
