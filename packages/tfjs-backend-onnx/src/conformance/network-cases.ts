import * as tf from '@tensorflow/tfjs-core'
import { type Case, floats, forward, ints, op, to1, to2, to4 } from './case.ts'

type Pad = Parameters<typeof tf.conv2d>[3]
const explicit: Pad = [
  [0, 0],
  [1, 2],
  [0, 1],
  [0, 0],
]

/** Input height, width and channels, filter size, channels out, stride, padding. */
const convolutions: readonly [h: number, w: number, i: number, k: number, o: number, stride: number, pad: Pad][] = [
  [5, 7, 3, 3, 4, 1, 'same'],
  [5, 7, 6, 3, 4, 1, 'same'],
  [5, 7, 6, 3, 4, 1, 'valid'],
  [5, 7, 6, 1, 4, 1, 'same'],
  [6, 8, 6, 3, 5, 2, 'same'],
  [7, 9, 6, 3, 5, 2, 'valid'],
  [8, 6, 5, 3, 5, 2, 'valid'],
  [8, 6, 5, 1, 7, 2, 'valid'],
  [9, 8, 6, 5, 3, 1, 2],
  [5, 6, 6, 3, 4, 1, explicit],
  [9, 10, 5, 4, 3, 3, 'same'],
  // Channels that fill blocks of 16, that must be padded to them, few in and few out, and many for few pixels.
  [5, 7, 16, 3, 32, 1, 'same'],
  [5, 7, 32, 3, 48, 1, 'valid'],
  [6, 7, 16, 3, 16, 2, 'same'],
  [5, 7, 3, 3, 16, 1, 'same'],
  [5, 7, 16, 3, 3, 1, 'same'],
  [5, 7, 32, 3, 12, 1, 'same'],
  [3, 4, 128, 3, 32, 1, 'same'],
  [3, 4, 32, 1, 48, 1, 'same'],
  // Rows of whole blocks: their weight gradient is a convolution, in one band of rows and in two, with images as channels where
  // there are many outputs, or many rows of the filter (below).
  [5, 16, 16, 5, 32, 1, 'same'],
  [9, 20, 32, 5, 16, 1, 'valid'],
  [66, 16, 16, 5, 16, 1, 'same'],
  [5, 16, 16, 5, 128, 1, 'same'],
]

export const networkCases: readonly Case[] = [
  ...convolutions.map(([h, w, i, k, o, stride, pad]) =>
    op(
      `conv2d ${h}x${w}x${i} with ${k}x${k}x${o}, stride ${stride}, ${pad}`,
      [floats([2, h, w, i]), floats([k, k, i, o], -0.5, 0.5)],
      (x, f) => tf.conv2d(to4(x), to4(f), stride, pad),
      { tolerance: 3e-5 },
    ),
  ),
  op(
    'conv2d with a filter of 9x2, rows of several blocks in bands',
    [floats([2, 34, 32, 16]), floats([9, 2, 16, 16], -0.5, 0.5)],
    (x, f) => tf.conv2d(to4(x), to4(f), 1, 'same'),
    { tolerance: 3e-5 },
  ),
  op(
    'conv2d with a filter of 3x1',
    [floats([2, 5, 7, 5]), floats([3, 1, 5, 2])],
    (x, f) => tf.conv2d(to4(x), to4(f), 1, 'same'),
    {
      tolerance: 3e-5,
    },
  ),
  forward(
    'conv2d dilated',
    [floats([2, 7, 8, 5]), floats([3, 3, 5, 4])],
    (x, f) => tf.conv2d(to4(x), to4(f), 1, 'same', 'NHWC', 2),
    {
      tolerance: 3e-5,
    },
  ),
  op(
    'conv2d, bias, relu',
    [floats([2, 5, 7, 5]), floats([3, 3, 5, 4]), floats([4])],
    (x, f, b) => tf.relu(tf.add(tf.conv2d(to4(x), to4(f), 1, 'same'), b)),
    { tolerance: 3e-5 },
  ),
  op(
    'two convolutions with a residual',
    [floats([2, 5, 7, 4]), floats([3, 3, 4, 4], -0.3, 0.3), floats([4])],
    (x, f, b) => {
      const h = tf.relu(tf.add(tf.conv2d(to4(x), to4(f), 1, 'same'), b))
      return tf.relu(tf.add(tf.add(tf.conv2d(to4(h), to4(f), 1, 'same'), b), x))
    },
    { tolerance: 5e-5 },
  ),
  forward(
    'fused conv2d',
    [floats([2, 5, 7, 5]), floats([3, 3, 5, 4]), floats([4])],
    (x, f, b) =>
      (['linear', 'relu', 'relu6', 'elu', 'sigmoid'] as const).map((activation) =>
        tf.fused.conv2d({ x: to4(x), filter: to4(f), strides: 1, pad: 'same', bias: to1(b), activation }),
      ),
    { tolerance: 3e-5 },
  ),
  op(
    'a network in blocks of channels',
    [floats([2, 6, 8, 16]), floats([3, 3, 16, 16], -0.2, 0.2), floats([16])],
    (x, f, b) => {
      const layer = (h: tf.Tensor) => tf.add(tf.conv2d(to4(h), to4(f), 1, 'same'), b)
      const first = tf.relu(layer(x))
      const second = tf.relu(tf.add(layer(first), first))
      const gelu = tf.mul(second, tf.mul(tf.add(tf.erf(tf.mul(second, Math.SQRT1_2)), 1), 0.5))
      const up = tf.image.resizeNearestNeighbor(to4(tf.avgPool(to4(layer(gelu)), 2, 2, 'valid')), [6, 8])
      const scaled = tf.mul(tf.mul(up, b), tf.mean(up, [1, 2], true))
      return tf.add(layer(tf.tanh(scaled)), tf.sum(scaled, [0, 1, 2]))
    },
    { tolerance: 2e-4, gradient: 'none' },
  ),
  op(
    'gradients of a network in blocks of channels',
    [floats([1, 6, 8, 16]), floats([3, 3, 16, 16], -0.2, 0.2), floats([16])],
    (x, f, b) => {
      const layer = (h: tf.Tensor) => tf.add(tf.conv2d(to4(h), to4(f), 1, 'same'), b)
      const first = tf.relu(layer(x))
      const second = tf.relu(tf.add(layer(first), first))
      const silu = tf.mul(second, tf.sigmoid(second))
      const up = tf.image.resizeNearestNeighbor(to4(tf.avgPool(to4(layer(silu)), 2, 2, 'valid')), [6, 8])
      const scaled = tf.mul(tf.mul(up, b), tf.mean(up, [1, 2], true))
      return tf.add(layer(tf.tanh(scaled)), tf.sum(scaled, [0, 1, 2]))
    },
    { tolerance: 3e-4 },
  ),
  op(
    'conv2dTranspose',
    [floats([2, 3, 4, 5]), floats([3, 3, 2, 5])],
    (x, f) => tf.conv2dTranspose(to4(x), to4(f), [2, 6, 8, 2], 2, 'same'),
    { tolerance: 3e-5 },
  ),
  ...[1, 2].flatMap((multiplier) =>
    [1, 2].map((stride) =>
      op(
        `depthwiseConv2d, multiplier ${multiplier}, stride ${stride}`,
        [floats([2, 6, 7, 3]), floats([3, 3, 3, multiplier])],
        (x, f) => tf.depthwiseConv2d(to4(x), to4(f), stride, 'same'),
        { tolerance: 3e-5 },
      ),
    ),
  ),
  op(
    'block transform by stride 4',
    [floats([2, 8, 12, 1]), floats([4, 4, 1, 16])],
    (x, f) => tf.conv2d(to4(x), to4(f), 4, 'valid'),
    {
      tolerance: 3e-5,
    },
  ),
  ...[false, true].flatMap((a) =>
    [false, true].map((b) =>
      op(
        `matMul ${a ? 'transposed' : ''}*${b ? 'transposed' : ''}`,
        [floats(a ? [4, 3] : [3, 4]), floats(b ? [5, 4] : [4, 5])],
        (x, y) => tf.matMul(x, y, a, b),
      ),
    ),
  ),
  op('matMul in batches', [floats([2, 3, 4]), floats([2, 4, 5])], (x, y) => tf.matMul(x, y)),
  forward('matMul with one right side', [floats([2, 3, 4]), floats([1, 4, 5])], (x, y) => tf.matMul(x, y)),
  op('matMul of transposed tensors', [floats([4, 2, 3]), floats([5, 2, 4])], (x, y) =>
    tf.matMul(tf.transpose(x, [1, 2, 0]), tf.transpose(y, [1, 2, 0])),
  ),
  forward('matMul of integers', [ints([3, 4]), ints([3, 5])], (a, b) => [
    tf.matMul(to2(a), to2(b), true),
    tf.matMul(tf.transpose(to2(a)), to2(b)),
  ]),
  forward('fused matMul', [floats([3, 4]), floats([4, 5]), floats([5])], (a, b, bias) =>
    (['linear', 'relu', 'sigmoid'] as const).map((activation) =>
      tf.fused.matMul({ a: to2(a), b: to2(b), bias: to1(bias), activation }),
    ),
  ),
  op('attention', [floats([2, 6, 4]), floats([2, 6, 4]), floats([2, 6, 4])], (q, k, v) =>
    tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), 0.5)), v),
  ),
  op('avgPool 2x2', [floats([2, 6, 8, 3])], (x) => tf.avgPool(to4(x), 2, 2, 'valid')),
  op('avgPool 3x3, stride 2, same', [floats([2, 5, 7, 3])], (x) => tf.avgPool(to4(x), 3, 2, 'same'), {
    gradient: 'differences',
  }),
  op('avgPool 3x2, stride 1, valid', [floats([2, 5, 7, 3])], (x) => tf.avgPool(to4(x), [3, 2], 1, 'valid')),
  op('avgPool with rows left over', [floats([2, 7, 9, 3])], (x) => tf.avgPool(to4(x), 2, 2, 'valid')),
  op('maxPool 2x2', [floats([2, 6, 8, 3])], (x) => tf.maxPool(to4(x), 2, 2, 'valid')),
  op('maxPool 3x3, stride 2, same', [floats([2, 5, 7, 3])], (x) => tf.maxPool(to4(x), 3, 2, 'same')),
  op('maxPool 3x3, stride 1', [floats([2, 5, 7, 3])], (x) => tf.maxPool(to4(x), 3, 1, 'valid')),
  op(
    'batchNorm',
    [floats([2, 3, 4, 5]), floats([5]), floats([5], 0.5, 2), floats([5]), floats([5])],
    (x, m, v, o, s) => tf.batchNorm(to4(x), to1(m), to1(v), to1(o), to1(s), 1e-3),
    { tolerance: 3e-5 },
  ),
  forward('batchNorm without scale or offset', [floats([2, 3, 4, 5]), floats([5]), floats([5], 0.5, 2)], (x, m, v) =>
    tf.batchNorm(to4(x), to1(m), to1(v)),
  ),
  op(
    'group norm',
    [floats([2, 4, 5, 6]), floats([6]), floats([6])],
    (x, gamma, beta) => {
      const y = tf.reshape(x, [2, 20, 3, 2])
      const d = tf.sub(y, tf.mean(y, [1, 3], true))
      const hat = tf.mul(d, tf.rsqrt(tf.add(tf.mean(tf.square(d), [1, 3], true), 1e-5)))
      return tf.add(tf.mul(tf.reshape(hat, [2, 4, 5, 6]), gamma), beta)
    },
    { tolerance: 5e-5 },
  ),
  op(
    'group norm between convolutions',
    [floats([2, 4, 5, 4]), floats([3, 3, 4, 4], -0.4, 0.4), floats([4])],
    (x, f, gamma) => {
      const c = tf.conv2d(to4(x), to4(f), 1, 'same')
      const y = tf.reshape(c, [2, 20, 2, 2])
      const d = tf.sub(y, tf.mean(y, [1, 3], true))
      const hat = tf.mul(d, tf.rsqrt(tf.add(tf.mean(tf.square(d), [1, 3], true), 1e-5)))
      const n = tf.mul(tf.reshape(hat, [2, 4, 5, 4]), gamma)
      return tf.conv2d(to4(tf.mul(n, tf.sigmoid(n))), to4(f), 1, 'same')
    },
    { tolerance: 1e-4 },
  ),
  op('gelu', [floats([2, 3, 4, 5], -3, 3)], (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)), {
    tolerance: 2e-5,
  }),
  ...[false, true].flatMap((align) =>
    (
      [
        [10, 14],
        [5, 7],
        [7, 9],
        [3, 4],
        [15, 21],
      ] as [number, number][]
    ).flatMap((size) => [
      op(
        `resizeNearestNeighbor to ${size}${align ? ', corners aligned' : ''}`,
        [floats([2, 5, 7, 3])],
        (x) => tf.image.resizeNearestNeighbor(to4(x), size, align),
        { gradient: 'differences' },
      ),
      op(
        `resizeBilinear to ${size}${align ? ', corners aligned' : ''}`,
        [floats([2, 5, 7, 3])],
        (x) => tf.image.resizeBilinear(to4(x), size, align),
        { gradient: 'differences', tolerance: 3e-5 },
      ),
    ]),
  ),
  forward(
    'resizes at half-pixel centres',
    [floats([2, 5, 7, 3])],
    (x) => [
      tf.image.resizeBilinear(to4(x), [8, 9], false, true),
      tf.image.resizeNearestNeighbor(to4(x), [8, 9], false, true),
      tf.image.resizeNearestNeighbor(to4(x), [10, 14], false, true),
    ],
    { tolerance: 3e-5 },
  ),
]
