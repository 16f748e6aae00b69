import * as tf from '@tensorflow/tfjs-core'
import { type Case, exactly, floats, forward, ints, op, to1, to2 } from './case.ts'

const whole = (shape: number[], values: number[]) => ({ shape, dtype: 'int32' as const, values })
const equations: readonly [string, number[], number[]?][] = [
  ['ij,jk->ik', [3, 4], [4, 5]],
  ['bij, bjk -> bik', [2, 3, 4], [2, 4, 5]],
  ['bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 5, 4]],
  ['i,j->ij', [3], [4]],
  ['bi,bi->b', [2, 3], [2, 3]],
  ['i,i->', [4], [4]],
  ['ij->ji', [3, 4]],
  ['ijk->j', [2, 3, 4]],
  ['ij->', [3, 4]],
  ['bij,bj->bi', [2, 3, 4], [2, 4]],
]
const segments = [0, 0.5, 0.5, 1.25, 2, 9]

export const countingCases: readonly Case[] = [
  // Linear in each operand, so that differences are exact; tfjs has no gradient of its own.
  ...equations.map(([equation, a, b]) =>
    op(`einsum ${equation}`, [floats(a), ...(b ? [floats(b)] : [])], (...x) => tf.einsum(equation, ...x), {
      gradient: 'differences',
    }),
  ),
  ...[0, 1, 2].map((axis) =>
    forward(`cumprod along ${axis}`, [floats([3, 4, 5])], (x) => [
      tf.cumprod(x!, axis),
      tf.cumprod(x!, axis, true),
      tf.cumprod(x!, axis, false, true),
      tf.cumprod(x!, axis, true, true),
    ]),
  ),
  forward('cumprod of zeros and integers', [exactly([2, 0, 3, 4]), ints([2, 5], -3, 4)], (x, i) => [
    tf.cumprod(x!),
    tf.cumprod(i!, 1),
  ]),
  forward('bincount', [ints([20], 0, 7), floats([20])], (x, w) => [
    tf.bincount(to1(x), to1(w), 5),
    tf.bincount(to1(x), tf.tensor1d([]), 9),
    tf.denseBincount(to1(x), to1(w), 5),
  ]),
  forward('denseBincount of rows', [ints([3, 6], 0, 7), floats([3, 6])], (x, w) => [
    tf.denseBincount(to2(x), to2(w), 5),
    tf.denseBincount(to2(x), tf.tensor2d([], [0, 0], 'int32'), 8),
    tf.denseBincount(to2(x), tf.tensor2d([], [0, 0]), 5, true),
  ]),
  forward('confusionMatrix', [ints([9], 0, 4), ints([9], 0, 4)], (a, b) => tf.math.confusionMatrix(to1(a), to1(b), 4)),
  forward(
    'searchSorted',
    [exactly([...segments, ...segments.map((v) => v * 2)], [2, 6]), floats([2, 5], -1, 5)],
    (s, v) => [
      tf.searchSorted(s!, v!, 'left'),
      tf.searchSorted(s!, v!, 'right'),
      tf.lowerBound(s!, s!),
      tf.upperBound(s!, s!),
    ],
  ),
  forward('multinomial of certainties', [exactly([-90, 90, -90, 90, -90, -90], [2, 3])], (x) =>
    tf.multinomial(to2(x), 5, 7),
  ),
  // The draws of a seed are tfjs' own: the first row's are the same on every backend.
  forward('multinomial of a seed', [floats([1, 4])], (x) => tf.multinomial(to2(x), 40, 12)),
  forward('multinomial of odds', [exactly([0.2, 0.5, 0.3])], (x) => tf.multinomial(to1(x), 40, 3, true)),
  forward('diag', [floats([4]), ints([2, 3])], (x, i) => [tf.diag(x!), tf.diag(i!)]),
  forward('bitwiseAnd', [ints([8], -9, 30), ints([8], -9, 30)], (a, b) => tf.bitwiseAnd(a!, b!)),
  forward('sparseToDense', [whole([3, 2], [0, 1, 2, 3, 1, 0]), floats([3]), exactly([5], [])], (i, v, d) => [
    tf.sparseToDense(i!, v!, [3, 4], tf.reshape(d!, [])),
    tf.sparseToDense(tf.slice(tf.reshape(i!, [6]), [1], [3]), v!, [5], 0),
    tf.sparseToDense(tf.tensor1d([1, 3], 'int32'), tf.scalar(7), [5], 0),
  ]),
  forward('tensorScatterUpdate', [floats([4, 3]), whole([2, 1], [3, 1]), floats([2, 3])], (x, i, u) =>
    tf.tensorScatterUpdate(x!, i!, u!),
  ),
  forward('unique', [whole([6], [3, 1, 3, 2, 1, 3]), whole([4, 2], [1, 2, 3, 4, 1, 2, 5, 6])], (a, b) => {
    const [flat, rows, columns] = [tf.unique(a!), tf.unique(b!, 0), tf.unique(b!, 1)]
    return [flat, rows, columns].flatMap(({ values, indices }) => [values, indices])
  }),
  forward('broadcastArgs', [whole([2], [3, 1]), whole([1], [4])], (a, b) => tf.broadcastArgs(a!, b!)),
  forward('bandPart', [floats([2, 4, 5])], (x) => tf.linalg.bandPart(x!, 1, 2)),
]
