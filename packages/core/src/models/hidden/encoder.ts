import { concat, reshape, type Tensor2D, type Tensor4D, tanh, tile } from '@tensorflow/tfjs-core'
import { gelu } from '../../ops/activations.ts'
import type { ImageNetImages } from '../../signal/images.ts'
import { conv } from '../layers.ts'
import type { Normalise } from '../normalise.ts'
import { scope, type WeightScope, type Weights } from '../weights.ts'

/**
 * HiDDeN's watermark encoder (Zhu et al. 2018, as Fernandez et al. 2023 train it): blocks of convolution 3x3, BatchNorm and GELU;
 * one more over [message, features, image]; a convolution 1x1 to three channels, and tanh. A decoder is signed without it.
 * The caller's scope disposes what is made on the way: what normalises may have statistics of the batch to keep.
 * @param weights by PyTorch's names: conv_bns.{i}.layers.{0,1}, after_concat_layer.layers.{0,1}, final_layer
 * @param images [N,H,W,3]
 * @param message [N,bits], -1 or 1
 * @returns the residual [N,H,W,3], in (-1, 1) unless `linear`
 */
export function hiddenResidual(
  weights: Weights,
  images: ImageNetImages,
  message: Tensor2D,
  normalise: Normalise,
  { linear = false }: { readonly linear?: boolean } = {},
): Tensor4D {
  const network = scope(weights)
  const [n, h, w] = images.shape
  let x: Tensor4D = images
  for (let i = 0; network.has(`conv_bns.${i}`); i++) x = hiddenBlock(network, `conv_bns.${i}`, x, normalise)
  const planes: Tensor4D = tile(reshape(message, [n, 1, 1, -1]), [1, h, w, 1])
  const joined = hiddenBlock(network, 'after_concat_layer', concat([planes, x, images], 3), normalise)
  const residual = conv(network.at('final_layer'), joined)
  return linear ? residual : tanh(residual)
}

/** Convolution 3x3, BatchNorm, GELU: the block that encoder and extractor are made of. */
export const hiddenBlock = (network: WeightScope, name: string, x: Tensor4D, normalise: Normalise): Tensor4D =>
  gelu(normalise(`${name}.layers.1`, conv(network.at(`${name}.layers.0`), x)))
