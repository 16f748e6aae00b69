import * as tf from '@tensorflow/tfjs-core'
import { bools, type Case, exactly, floats, forward, ints, op, to2 } from './case.ts'

const axes: readonly (number[] | undefined)[] = [undefined, [0], [1, 2], [-1], [0, 3]]
const reductions = [tf.sum, tf.mean, tf.max, tf.min] as const

export const reductionCases: readonly Case[] = [
  ...reductions.flatMap((f) =>
    axes.flatMap((axis) => [
      op(`${f.name} over ${axis ?? 'all'}`, [floats([2, 3, 4, 5])], (x) => f(x!, axis)),
      op(`${f.name} over ${axis ?? 'all'}, axes kept`, [floats([2, 3, 4, 5])], (x) => f(x!, axis, true)),
    ]),
  ),
  forward('prod', [floats([2, 3, 4], 0.5, 1.5)], (x) => tf.prod(x, [1])),
  forward('sums of integers', [ints([3, 4])], (x) => [
    tf.sum(x),
    tf.sum(x, 0),
    tf.prod(tf.cast(tf.greater(x, 0), 'int32'), 1),
  ]),
  forward('means of integers', [ints([3, 4])], (x) => tf.mean(x, 0)),
  forward('max and min of integers', [ints([3, 4])], (x) => [tf.max(x, 0), tf.min(x, 1)]),
  forward('sum of booleans', [bools([3, 4])], (x) => tf.sum(x)),
  forward('all and any', [bools([3, 4])], (x) => [tf.all(x), tf.any(x), tf.all(x, 1), tf.any(x, 0, true)]),
  forward('NaN in max and min', [exactly([1, Number.NaN, 2, 3, 4, 5], [2, 3])], (x) => [tf.max(x, 1), tf.min(x, 1)]),
  forward('argMax and argMin', [floats([3, 4, 5])], (x) => [tf.argMax(x, 1), tf.argMin(x, -1), tf.argMax(x, 0)]),
  forward('argMax of ties', [exactly([1, 3, 3, 2, 2, 2], [2, 3])], (x) => tf.argMax(x, 1)),
  op('softmax', [floats([3, 4])], (x) => tf.softmax(x)),
  op('softmax of rank 4', [floats([2, 3, 4, 5])], (x) => tf.softmax(x)),
  op('logSoftmax', [floats([3, 4])], (x) => tf.logSoftmax(x)),
  op('logSumExp', [floats([3, 4])], (x) => tf.logSumExp(x, 1)),
  op('cumsum', [floats([3, 4])], (x) => tf.cumsum(x, 1)),
  forward('cumsum exclusive, reversed', [floats([3, 4])], (x) => [tf.cumsum(x, 0, true), tf.cumsum(x, 1, false, true)]),
  forward('cumsum of integers', [ints([3, 4])], (x) => tf.cumsum(x, 0)),
  op('moments', [floats([2, 3, 4])], (x) => {
    const { mean, variance } = tf.moments(x, [0, 2])
    return tf.add(mean, tf.mul(variance, 2))
  }),
  op('norm', [floats([3, 4], 0.5, 2)], (x) => tf.norm(x, 2)),
  op('losses', [floats([3, 4], 0.1, 0.9), floats([3, 4])], (labels, logits) =>
    tf.losses.sigmoidCrossEntropy(to2(tf.round(labels)), to2(logits)),
  ),
]
