import {
  add,
  concat,
  conv2d,
  matMul,
  mul,
  reshape,
  split,
  type Tensor2D,
  type Tensor4D,
  tanh,
  transpose,
} from '@tensorflow/tfjs-core'
import type { Normalise } from '../models/normalise.ts'
import { scope, type Weights } from '../models/weights.ts'
import { gelu } from '../ops/activations.ts'
import type { ImageNetImages } from '../signal/images.ts'

/*
 * The watermark encoder beside which an extractor is trained, and which is thrown away afterwards. It works at half the
 * resolution, and a message scales and shifts the channels of its convolutions: as constant planes beside them it is learnt slower.
 */

/** Convolutions that the message modulates. */
export const MODULATED = [0, 1, 2] as const
/** Channels of noise beside the image: what a message may be written with where the image is flat. */
export const NOISE_CHANNELS = 4
/** Values of a 2x2 block of pixels. */
const BLOCK = 12

/** Shapes of its tensors in tfjs' order. */
export function embedderShapes(bits: number, width: number): Record<string, number[]> {
  return {
    'stem.weight': [3, 3, BLOCK + NOISE_CHANNELS, width],
    ...Object.fromEntries(
      MODULATED.flatMap((i) => [
        [`modulated.${i}.weight`, [3, 3, width, width]],
        [`modulated.${i}.message.weight`, [bits, 2 * width]],
        [`modulated.${i}.message.bias`, [2 * width]],
      ]),
    ),
    'out.weight': [1, 1, width, BLOCK],
    'out.bias': [BLOCK],
  }
}

/** What a message puts on images, and how far it is from saturation. */
export type Residual = {
  /** [N,H,W,3] in (-1, 1). */
  residual: Tensor4D
  /** Its values before the hyperbolic tangent, [N,H/2,W/2,12]. */
  drive: Tensor4D
}

/**
 * A message's residual for images. The caller's scope disposes what is made on the way.
 * @param messages [N,bits], -1 or 1, 0 for a bit that is not in use
 * @param noise [N,H/2,W/2,4]
 */
export function residualOf(
  weights: Weights,
  images: ImageNetImages,
  messages: Tensor2D,
  noise: Tensor4D,
  normalise: Normalise,
): Residual {
  const w = scope(weights)
  const [n, h, width] = images.shape
  const blocks = reshape(transpose(reshape(images, [n, h / 2, 2, width / 2, 2, 3]), [0, 1, 3, 2, 4, 5]), [
    n,
    h / 2,
    width / 2,
    BLOCK,
  ])
  const conv = (name: string, x: Tensor4D): Tensor4D =>
    normalise(name, conv2d(x, w.at(name).tensor<Tensor4D>('weight'), 1, 'same'))
  let x = gelu(conv('stem', concat([blocks as Tensor4D, noise], 3)))
  for (const i of MODULATED) {
    const message = w.at(`modulated.${i}.message`)
    const both = add(matMul(messages, message.tensor<Tensor2D>('weight')), message.tensor('bias'))
    const [scale, shift] = split(reshape(both, [n, 1, 1, -1]), 2, 3)
    if (!scale || !shift) throw new RangeError('split gave fewer than two parts')
    x = gelu(add<Tensor4D>(mul(conv(`modulated.${i}`, x), add(scale, 1)), shift))
  }
  const out = w.at('out')
  const drive = add<Tensor4D>(conv2d(x, out.tensor<Tensor4D>('weight'), 1, 'same'), out.tensor('bias'))
  const pixels = transpose(reshape(drive, [n, h / 2, width / 2, 2, 2, 3]), [0, 1, 3, 2, 4, 5])
  return { residual: tanh(reshape(pixels, [n, h, width, 3])), drive }
}
