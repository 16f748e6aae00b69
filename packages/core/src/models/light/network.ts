import { add, conv2d, matMul, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'
import { gelu } from '../../ops/activations.ts'
import { blurDown2 } from '../../ops/blur.ts'
import type { ImageNetImages } from '../../signal/images.ts'
import type { Normalise } from '../normalise.ts'
import { interiorMean } from '../pooling.ts'
import { scope, type Weights } from '../weights.ts'

/*
 * The light extractor: as HiDDeN's, convolutions 3x3 with BatchNorm and GELU, the mean over positions and a linear layer, but
 * with channels by resolution and residual blocks, and without the outermost positions in the mean: where they count, decoders are drawn to
 * write into a picture's edge, next to the zeros around it. Resolutions are halved by blurring and never by a stride, so that an image
 * moved by a pixel gives nearly the same logits. 2.9 GFLOP on a 256 px image, a twelfth of HiDDeN's.
 */

/** A convolution with its norm, and where it stands. */
export interface LightLayer {
  readonly name: string
  readonly inputs: number
  readonly outputs: number
}

/** Channels at the image's resolution, at a half and a quarter of it, and at an eighth. */
export const LIGHT_WIDTHS = [32, 64, 112] as const

/** Positions at each side that are not pooled. */
export const LIGHT_MARGIN = 1

/** Convolutions in their order: `inner` and `outer` are those of residual blocks. */
export function lightLayers([first, second, third]: readonly [number, number, number]): LightLayer[] {
  const layer = (name: string, inputs: number, outputs: number): LightLayer => ({ name, inputs, outputs })
  return [
    layer('full', 3, first),
    layer('half', first, second),
    layer('quarter.0.inner', second, second),
    layer('quarter.0.outer', second, second),
    layer('quarter.1.inner', second, second),
    layer('quarter.1.outer', second, second),
    layer('widen', second, third),
    layer('eighth.0.inner', third, third),
    layer('eighth.0.outer', third, third),
  ]
}

/** The convolutional part: images [N,H,W,3] -> activations [N,ceil(H/8),ceil(W/8),K]. */
export function lightActivations(weights: Weights, images: ImageNetImages, normalise: Normalise): Tensor4D {
  const w = scope(weights)
  const conv = (name: string, x: Tensor4D): Tensor4D =>
    normalise(name, conv2d(x, w.at(name).tensor<Tensor4D>('weight'), 1, 'same'))
  const block = (name: string, x: Tensor4D): Tensor4D =>
    gelu(add(x, conv(`${name}.outer`, gelu(conv(`${name}.inner`, x)))))
  const full = blurDown2(gelu(conv('full', images)))
  const half = blurDown2(gelu(conv('half', full)))
  const quarter = block('quarter.1', block('quarter.0', half))
  return block('eighth.0', blurDown2(gelu(conv('widen', quarter))))
}

/** Logits [N,bits] of images [N,H,W,3]. The caller's scope disposes what is made on the way: `normalise` may look at it. */
export function lightLogits(weights: Weights, images: ImageNetImages, normalise: Normalise): Tensor2D {
  const pooled = interiorMean(lightActivations(weights, images, normalise), LIGHT_MARGIN)
  const head = scope(weights).at('head')
  return add<Tensor2D>(matMul(pooled, head.tensor<Tensor2D>('weight')), head.tensor('bias'))
}
