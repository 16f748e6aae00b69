import { add, matMul, mul, reshape, type Tensor1D, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { spatialSum } from '../ops/reduce.ts'
import type { ImageNetImages } from '../signal/images.ts'
import type { ExtractorNetwork } from './extractor-network.ts'
import { interiorMean } from './pooling.ts'
import { scope, type Weights } from './weights.ts'

/**
 * A network of convolutions, the mean over positions, a linear layer, and where it was whitened a second one. Images of any size
 * in, one logit a bit out.
 */
export interface Extractor {
  /** Length of the keys it reads. */
  readonly bits: number
  /** Whether a whitening layer was loaded. Without one bits are neither balanced nor independent on plain images. */
  readonly whitened: boolean
  readonly network: ExtractorNetwork
  /**
   * The network's, with BatchNorm folded into convolutions; head.weight [K,bits] and .bias [bits] from pooled activations to logits;
   * features.* [K,F], the same without whitening, where there is whitening.
   */
  readonly weights: Weights
  /** Frees the weights. */
  dispose(): void
}

/** The convolutional part: images [N,H,W,3] -> activations [N,h,w,K], position by position. */
export const activations = ({ weights, network }: Extractor, images: ImageNetImages): Tensor4D =>
  tidy(() => network.activations(weights, images))

/** What the linear part takes: images [N,H,W,3] -> [N,K]. */
export const pooledActivations = (extractor: Extractor, images: ImageNetImages): Tensor2D =>
  tidy(() => interiorMean(activations(extractor, images), extractor.network.margin))

/** Logits [N,bits] of images [N,H,W,3]. */
export function extractorLogits(extractor: Extractor, images: ImageNetImages): Tensor2D {
  return tidy(() => head(extractor, pooledActivations(extractor, images)))
}

/** What the network gave before it was whitened: images [N,H,W,3] -> [N,F]; the logits themselves where it is not whitened. */
export function extractorFeatures(extractor: Extractor, images: ImageNetImages): Tensor2D {
  return tidy(() => head(extractor, pooledActivations(extractor, images), extractor.whitened ? 'features' : 'head'))
}

/** The linear part: pooled activations [N,K] -> logits [N,bits]. */
export function head({ weights }: Extractor, pooled: Tensor2D, name: 'head' | 'features' = 'head'): Tensor2D {
  const w = scope(weights).at(name)
  return tidy(() => add<Tensor2D>(matMul(pooled, w.tensor<Tensor2D>('weight')), w.tensor('bias')))
}

/**
 * Sums of the activations [N,h,w,K] over chosen positions: images [N,H,W,3], rows [h] and columns [w] of 0 and 1 -> [N,K].
 * A large image's pooled activations are such sums over its tiles, divided by the number of those chosen.
 */
export function activationSums(
  extractor: Extractor,
  images: ImageNetImages,
  rows: Tensor1D,
  columns: Tensor1D,
): Tensor2D {
  return tidy(() => {
    const mask = mul(reshape(rows, [1, -1, 1, 1]), reshape(columns, [1, 1, -1, 1]))
    return spatialSum(mul(activations(extractor, images), mask))
  })
}
