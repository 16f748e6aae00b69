import type { Tensor4D } from '@tensorflow/tfjs-core'
import type { ImageNetImages } from '../signal/images.ts'
import type { Weights } from './weights.ts'

/** A convolution, by what it reads: channels, and pixels of the image a side for one of its positions. */
export interface ExtractorLayer {
  readonly inputs: number
  readonly downscale: number
}

/** What an extractor is before it pools: convolutions alone, so that a large image can be read in tiles. */
export interface ExtractorNetwork {
  /** 'hidden': Zhu et al. 2018, as published. 'light': a twelfth of its arithmetic (docs/architecture.md). */
  readonly architecture: 'hidden' | 'light'
  /** Pixels a side that a position of the activations stands for. */
  readonly downscale: number
  /** Pixels that a position sees on each side beyond its own, a multiple of `downscale`. */
  readonly halo: number
  /** Positions at each side of the activations that are not pooled. */
  readonly margin: number
  readonly layers: readonly ExtractorLayer[]
  /** Floats of activations that are alive at a time for a pixel, as measured. */
  readonly floatsPerPixel: number
  /** images [N,H,W,3] -> activations [N,ceil(H/d),ceil(W/d),K] */
  activations(weights: Weights, images: ImageNetImages): Tensor4D
}
