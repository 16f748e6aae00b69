import * as tf from '@tensorflow/tfjs-core'
import { type Case, floats, forward, op, to4, to5 } from './case.ts'

type Sizes = [number, number, number]

/** Filter, stride and padding of convolutions over volumes of 4x5x6 with 3 channels. */
const convolutions: readonly [kernel: Sizes, stride: number | Sizes, pad: 'same' | 'valid'][] = [
  [[3, 3, 3], 1, 'same'],
  [[2, 3, 1], 1, 'valid'],
  [[3, 3, 3], 2, 'same'],
  [[2, 2, 3], [1, 2, 3], 'valid'],
  [[1, 1, 1], 1, 'same'],
]

const pools: readonly [size: number | Sizes, stride: number | Sizes, pad: 'same' | 'valid'][] = [
  [2, 2, 'valid'],
  // As high as wide: tfjs' CPU backend puts the gradient of a maximum elsewhere in other windows.
  [[3, 2, 2], 1, 'valid'],
  [3, 2, 'same'],
]

export const volumeCases: readonly Case[] = [
  ...convolutions.map(([kernel, stride, pad]) =>
    op(
      `conv3d with ${kernel.join('x')}, stride ${stride}, ${pad}`,
      [floats([2, 4, 5, 6, 3]), floats([...kernel, 3, 4], -0.5, 0.5)],
      (x, f) => tf.conv3d(to5(x), to5(f), stride, pad),
      { tolerance: 3e-5 },
    ),
  ),
  forward('conv3d dilated', [floats([1, 5, 6, 7, 2]), floats([2, 2, 3, 2, 3])], (x, f) =>
    tf.conv3d(to5(x), to5(f), 1, 'same', 'NDHWC', [2, 1, 2]),
  ),
  forward('conv3dTranspose', [floats([1, 2, 3, 2, 3]), floats([3, 2, 3, 4, 3], -0.5, 0.5)], (x, f) =>
    tf.conv3dTranspose(to5(x), to5(f), [1, 4, 6, 4, 4], 2, 'same'),
  ),
  ...pools.flatMap(([size, stride, pad]) => [
    // tfjs' CPU backend divides by the whole window at borders too, which is not the gradient of its forward pass.
    op(
      `avgPool3d ${size}, stride ${stride}, ${pad}`,
      [floats([2, 4, 5, 6, 3])],
      (x) => tf.avgPool3d(to5(x), size, stride, pad),
      { gradient: 'differences' },
    ),
    op(`maxPool3d ${size}, stride ${stride}, ${pad}`, [floats([2, 4, 5, 6, 3])], (x) =>
      tf.maxPool3d(to5(x), size, stride, pad),
    ),
  ]),
  ...[1, 2].flatMap((stride) =>
    (['same', 'valid'] as const).map((pad) =>
      op(`dilation2d, stride ${stride}, ${pad}`, [floats([2, 5, 6, 3]), floats([3, 2, 3], -0.5, 0.5)], (x, f) =>
        tf.dilation2d(to4(x), tf.reshape(f, [3, 2, 3]), stride, pad),
      ),
    ),
  ),
  op('dilation2d, dilated', [floats([2, 5, 6, 3]), floats([2, 2, 3], -0.5, 0.5)], (x, f) =>
    tf.dilation2d(to4(x), tf.reshape(f, [2, 2, 3]), 1, 'same', 2),
  ),
  ...[false, true].map((withBatch) =>
    forward(`maxPoolWithArgmax${withBatch ? ', counting images' : ''}`, [floats([2, 5, 7, 3])], (x) => {
      const pooled = tf.maxPoolWithArgmax(to4(x), 3, 2, 'same', withBatch)
      return [pooled.result!, pooled.indexes!]
    }),
  ),
  op('localResponseNormalization', [floats([2, 3, 4, 9])], (x) =>
    tf.localResponseNormalization(to4(x), 2, 1.5, 0.3, 0.75),
  ),
]
