import type { Tensor4D } from '@tensorflow/tfjs-core'
import type { UnitImages } from '../../signal/images.ts'
import type { Weights } from '../../weights/weights.ts'

/** What encoders and decoders of every family have in common: weights, and a pure function of them. */
interface Network {
  /** The family, for messages and cards: 'tiny'. */
  readonly family: string
  readonly latentChannels: number
  /** Image pixels a latent position, along a side. */
  readonly downscale: number
  /** Under the model's own names, tfjs layout. */
  readonly weights: Weights
  /** The model's names -> those of the file it came from, for writing it back in the form that came in. */
  readonly names: ReadonlyMap<string, string>
  /** Frees the weights. */
  dispose(): void
}

/** Images to latents. */
export interface LatentEncoder extends Network {
  /** images [N,H,W,3] in [0, 1] -> latents [N,ceil(H/d),ceil(W/d),C] with the given weights. */
  apply(weights: Weights, images: UnitImages): Tensor4D
}

/** Latents to images. */
export interface LatentDecoder extends Network {
  /** latents [N,h,w,C] -> images [N,h·d,w·d,3], around [0, 1] and not clamped, with the given weights. */
  apply(weights: Weights, latents: Tensor4D): UnitImages
}

/** An encoder and the decoder that undoes it. */
export interface Autoencoder {
  readonly encoder: LatentEncoder
  readonly decoder: LatentDecoder
  readonly latentChannels: number
  readonly downscale: number
  /** Frees the weights of both. */
  dispose(): void
}
