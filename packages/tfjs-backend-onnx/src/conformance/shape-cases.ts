import * as tf from '@tensorflow/tfjs-core'
import { type Case, exactly, floats, forward, ints, op, to1, to3, to4 } from './case.ts'

const indices = (shape: number[], values: number[]) => ({ shape, dtype: 'int32' as const, values })

export const shapeCases: readonly Case[] = [
  op('reshape', [floats([2, 3, 4])], (x) => tf.mul(tf.reshape(x, [4, 6]), 2)),
  op('expandDims and squeeze', [floats([2, 1, 4])], (x) => tf.mul(tf.expandDims(tf.squeeze(x, [1]), 2), 2)),
  op('transpose', [floats([2, 3, 4])], (x) => tf.transpose(x, [2, 0, 1])),
  op('transpose of rank 4, then arithmetic', [floats([2, 3, 4, 5]), floats([4, 2, 5, 3])], (x, y) =>
    tf.mul(tf.transpose(x, [2, 0, 3, 1]), y),
  ),
  op('transpose, then reshape', [floats([2, 3, 4])], (x) => tf.mul(tf.reshape(tf.transpose(x, [1, 0, 2]), [3, 8]), 2)),
  op('transpose, reshape, transpose back', [floats([2, 3, 4, 6])], (x) => {
    const t = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [2, 3, 2, 12])
    return tf.add(tf.mean(t, [2, 3], true), t)
  }),
  op('broadcastTo', [floats([3, 1])], (x) => tf.mul(tf.broadcastTo(x, [2, 3, 4]), 3)),
  op('broadcastTo, reduced', [floats([3, 1])], (x) => tf.sum(tf.broadcastTo(x, [2, 3, 4]), [0, 2])),
  op('broadcastTo, reshaped', [floats([3, 1])], (x) => tf.square(tf.reshape(tf.broadcastTo(x, [3, 4]), [2, 6]))),
  op('slice', [floats([4, 5, 6])], (x) => tf.slice(x, [1, 0, 2], [2, 5, -1])),
  op('slice to the end', [floats([4, 5, 6])], (x) => tf.slice(x, [1, 0, 2])),
  op('slice of a transposed tensor', [floats([4, 5, 6])], (x) =>
    tf.slice(tf.transpose(x, [2, 0, 1]), [1, 1, 2], [3, 2, 3]),
  ),
  forward('stridedSlice', [floats([5, 6])], (x) => [
    tf.stridedSlice(x, [1, 0], [5, 6], [2, 3]),
    tf.stridedSlice(x, [4, 5], [0, 0], [-1, -2]),
    tf.stridedSlice(x, [-1, -1], [-6, -7], [-1, -1]),
    tf.stridedSlice(x, [1, 2], [2, 6], [1, 1], 0, 0, 0, 0, 1),
    tf.stridedSlice(x, [0, 1], [0, 4], [1, 1], 3, 1),
  ]),
  op('concat', [floats([2, 3]), floats([2, 4]), floats([2, 1])], (...x) => tf.concat(x, 1)),
  op('concat of differently ordered tensors', [floats([2, 3, 4]), floats([3, 2, 4])], (a, b) =>
    tf.concat([a, tf.transpose(b, [1, 0, 2])], 2),
  ),
  op('stack and unstack', [floats([2, 3]), floats([2, 3])], (a, b) =>
    tf.add(...pair(tf.unstack(tf.stack([a, b], 1), 0))),
  ),
  op('split', [floats([2, 6])], (x) => {
    const [a, b, c] = tf.split(x, [1, 2, 3], 1)
    return tf.concat([tf.mul(c!, 3), a!, tf.mul(b!, 2)], 1)
  }),
  op('split in equal parts', [floats([6, 2])], (x) => tf.mul(...pair(tf.split(x, 2, 0)))),
  op('pad', [floats([2, 3])], (x) =>
    tf.pad(
      x,
      [
        [1, 2],
        [0, 3],
      ],
      1.5,
    ),
  ),
  op('pad of rank 4', [floats([2, 3, 4, 5])], (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 2],
      [3, 1],
      [0, 0],
    ]),
  ),
  forward('mirrorPad', [floats([3, 4])], (x) => [
    tf.mirrorPad(
      x,
      [
        [2, 1],
        [0, 3],
      ],
      'reflect',
    ),
    tf.mirrorPad(
      x,
      [
        [3, 1],
        [0, 2],
      ],
      'symmetric',
    ),
  ]),
  op('tile', [floats([2, 3])], (x) => tf.tile(x, [2, 3])),
  op('tile of a single row', [floats([1, 3, 1])], (x) => tf.mul(tf.tile(x, [4, 1, 2]), 2)),
  op('reverse', [floats([2, 3, 4])], (x) => tf.reverse(x, [0, 2])),
  op('gather', [floats([4, 5]), indices([3], [3, 0, 3])], (x, i) => tf.gather(x, to1(i), 0), { gradient: 'cpu' }),
  op('gather columns', [floats([2, 5, 3]), indices([4], [4, 0, 1, 4])], (x, i) => tf.gather(x, to1(i), 1)),
  forward('gather by a matrix', [floats([4, 5]), indices([2, 2], [3, 0, 1, 2])], (x, i) => [
    tf.gather(x, i, 0),
    tf.gather(x, i, 1),
  ]),
  forward('gather in batches', [floats([2, 4, 5]), indices([2, 3], [3, 0, 1, 2, 2, 0])], (x, i) => [
    tf.gather(x, i, 1, 1),
    tf.gather(x, i, 2, 1),
  ]),
  forward('gatherND', [floats([3, 4, 2]), indices([2, 2], [2, 1, 0, 3])], (x, i) => tf.gatherND(x, i)),
  forward('scatterND', [indices([3, 1], [2, 0, 2]), floats([3, 4])], (i, u) => tf.scatterND(i, u, [4, 4])),
  forward('unsortedSegmentSum', [floats([4, 3]), indices([4], [0, 2, 0, 1])], (x, i) =>
    tf.unsortedSegmentSum(x, to1(i), 3),
  ),
  forward('oneHot', [indices([4], [0, 3, -1, 5])], (i) => [tf.oneHot(i, 4), tf.oneHot(i, 4, 2, -1)]),
  forward('topk', [floats([3, 6])], (x) => {
    const { values, indices } = tf.topk(x, 3)
    return [values, indices]
  }),
  forward('topk of ties', [exactly([1, 2, 2, 0, 2, 1])], (x) => tf.topk(x, 4).indices),
  forward('range and linspace', [], () => [tf.range(0, 7, 2), tf.range(5, 0, -1, 'int32'), tf.linspace(0, 1, 5)]),
  forward('depthToSpace', [floats([2, 2, 3, 8])], (x) => tf.depthToSpace(to4(x), 2)),
  op('spaceToBatchND', [floats([2, 3, 4, 2])], (x) =>
    tf.spaceToBatchND(
      x,
      [2, 2],
      [
        [1, 0],
        [0, 0],
      ],
    ),
  ),
  op('batchToSpaceND', [floats([8, 2, 3, 1])], (x) =>
    tf.batchToSpaceND(
      x,
      [2, 2],
      [
        [1, 0],
        [0, 2],
      ],
    ),
  ),
  forward('integers keep their type', [ints([2, 3, 4])], (x) => [
    tf.transpose(x, [1, 2, 0]),
    tf.slice(x, [0, 1, 1], [2, 1, 2]),
    tf.concat([x, x], 2),
    tf.pad(to3(x), [
      [0, 0],
      [1, 0],
      [0, 1],
    ]),
    tf.tile(x, [1, 2, 1]),
  ]),
  op('pixel unshuffle', [floats([2, 4, 6, 3])], (x) =>
    tf.reshape(tf.transpose(tf.reshape(x, [2, 2, 2, 3, 2, 3]), [0, 1, 3, 5, 2, 4]), [2, 2, 3, 12]),
  ),
]

function pair(parts: tf.Tensor[]): [tf.Tensor, tf.Tensor] {
  return [parts[0]!, parts[1]!]
}
