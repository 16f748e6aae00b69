import * as tf from '@tensorflow/tfjs-core'
import { type Case, exactly, floats, forward, op, to1, to2, to4 } from './case.ts'

const places = (values: number[]) => ({ shape: [values.length], dtype: 'int32' as const, values })
const boxes = exactly(
  [0, 0, 1, 1, 0.11, 0.2, 0.8, 0.9, 0.87, 0.7, 0.2, 0.13, -0.31, -0.2, 0.6, 1.4, 0.25, 0.25, 0.25, 0.25],
  [5, 4],
)
/** Turned and stretched, shifted, and in perspective; positions stay away from halves, which rounding may put either way. */
const transforms: readonly (readonly [string, number[]])[] = [
  ['an affine map', [0.83, 0.31, -1.1731, -0.27, 1.12, 0.5713, 0, 0]],
  ['a shift far out', [1, 0, -9.3, 0, 1, 11.7, 0, 0]],
  ['a projection', [0.9, 0.1, 0.37, 0.05, 1.1, -0.41, 0.013, 0.021]],
]

export const imageCases: readonly Case[] = [
  op('flipLeftRight', [floats([2, 3, 5, 2])], (x) => tf.image.flipLeftRight(to4(x)), { gradient: 'differences' }),
  ...[0.3, -1.2, Math.PI / 2, Math.PI].map((angle) =>
    forward(`rotateWithOffset by ${angle.toFixed(2)}`, [floats([2, 7, 9, 3])], (x) => [
      tf.image.rotateWithOffset(to4(x), angle),
      tf.image.rotateWithOffset(to4(x), angle, [0.1, 0.2, 0.3], [0.2, 0.7]),
    ]),
  ),
  forward('rotateWithOffset of four channels', [floats([1, 5, 4, 4])], (x) =>
    tf.image.rotateWithOffset(to4(x), 0.7, [1, 2, 3]),
  ),
  ...(['bilinear', 'nearest'] as const).flatMap((method) => [
    forward(`cropAndResize, ${method}`, [floats([2, 6, 8, 3]), boxes, places([0, 1, 1, 0, 1])], (x, b, i) => [
      tf.image.cropAndResize(to4(x), to2(b), to1(i), [4, 7], method),
      tf.image.cropAndResize(to4(x), to2(b), to1(i), [9, 5], method, 0.5),
      tf.image.cropAndResize(to4(x), to2(b), to1(i), [1, 1], method),
    ]),
    ...transforms.flatMap(([name, matrix]) =>
      (['constant', 'reflect', 'wrap', 'nearest'] as const).map((fill) =>
        forward(
          `transform by ${name}, ${method}, ${fill}`,
          [floats([1, 6, 8, 3]), exactly(matrix, [1, 8])],
          (x, t) => [
            tf.image.transform(to4(x), to2(t), method, fill, 0.25),
            tf.image.transform(to4(x), to2(t), method, fill, 0, [4, 11]),
          ],
          { tolerance: 5e-5 },
        ),
      ),
    ),
  ]),
  forward('grayscaleToRGB and rgbToGrayscale', [floats([2, 3, 4, 1])], (x) => {
    const rgb = tf.image.grayscaleToRGB(to4(x))
    return [rgb, tf.image.rgbToGrayscale(rgb)]
  }),
  forward(
    'nonMaxSuppression',
    [exactly([0, 0, 1, 1, 0, 0.1, 1, 1.1, 2, 2, 3, 3, 0, 0.05, 1, 1.05], [4, 4]), exactly([0.9, 0.75, 0.6, 0.95])],
    (b, s) => {
      const soft = tf.image.nonMaxSuppressionWithScore(to2(b), to1(s), 4, 0.5, 0.1, 0.3)
      const padded = tf.image.nonMaxSuppressionPadded(to2(b), to1(s), 4, 0.5, 0.1, true)
      return [
        tf.image.nonMaxSuppression(to2(b), to1(s), 3, 0.5),
        ...['selectedIndices', 'selectedScores'].map((name) => soft[name]!),
        ...['selectedIndices', 'validOutputs'].map((name) => padded[name]!),
      ]
    },
  ),
]
