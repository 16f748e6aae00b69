import * as tf from '@tensorflow/tfjs-core'
import { bools, type Case, exactly, floats, forward, ints, op } from './case.ts'

const special = exactly([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1.5, -1.5])
const halves = exactly([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49, -0.49])

type Unary = (x: tf.Tensor) => tf.Tensor
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor

/** Differentiable functions of one variable with the interval they are tried on, away from their kinks. */
const functions: readonly [string, Unary, number, number, number?][] = [
  ['abs', tf.abs, -2, 2],
  ['acos', tf.acos, -0.9, 0.9],
  ['acosh', tf.acosh, 1.1, 3],
  ['asin', tf.asin, -0.9, 0.9],
  ['asinh', tf.asinh, -2, 2],
  ['atan', tf.atan, -2, 2],
  ['atanh', tf.atanh, -0.9, 0.9],
  ['cos', tf.cos, -3, 3],
  ['cosh', tf.cosh, -2, 2],
  ['elu', tf.elu, -2, 2],
  ['erf', tf.erf, -2, 2],
  ['exp', tf.exp, -3, 3],
  ['expm1', tf.expm1, -1, 1],
  ['expm1 near 0', tf.expm1, -1e-4, 1e-4, 1e-8],
  ['leakyRelu', (x) => tf.leakyRelu(x, 0.3), -2, 2],
  ['log', tf.log, 0.1, 5],
  ['log1p', tf.log1p, -0.5, 2],
  ['log1p near 0', tf.log1p, -1e-4, 1e-4, 1e-8],
  ['neg', tf.neg, -2, 2],
  ['reciprocal', tf.reciprocal, 0.3, 3],
  ['relu', tf.relu, -2, 2],
  ['relu6', tf.relu6, -2, 8],
  ['rsqrt', tf.rsqrt, 0.3, 3],
  ['selu', tf.selu, -2, 2],
  ['sigmoid', tf.sigmoid, -5, 5],
  ['sin', tf.sin, -3, 3],
  ['sinh', tf.sinh, -2, 2],
  ['softplus', tf.softplus, -20, 20],
  ['sqrt', tf.sqrt, 0.3, 3],
  ['square', tf.square, -2, 2],
  ['tan', tf.tan, -1, 1],
  ['tanh', tf.tanh, -3, 3],
  ['clipByValue', (x) => tf.clipByValue(x, -0.7, 0.9), -2, 2],
  ['step', (x) => tf.step(x, 0.25), -2, 2],
  ['sign', tf.sign, -2, 2],
  ['ceil', tf.ceil, -3, 3],
  ['floor', tf.floor, -3, 3],
  ['round', tf.round, -3, 3],
]

const pairs: readonly [string, Binary, number, number][] = [
  ['add', tf.add, -2, 2],
  ['sub', tf.sub, -2, 2],
  ['mul', tf.mul, -2, 2],
  ['div', tf.div, 0.5, 3],
  ['pow', tf.pow, 0.3, 2],
  ['atan2', tf.atan2, 0.2, 2],
]

const comparisons: readonly [string, Binary][] = [
  ['equal', tf.equal],
  ['notEqual', tf.notEqual],
  ['greater', tf.greater],
  ['greaterEqual', tf.greaterEqual],
  ['less', tf.less],
  ['lessEqual', tf.lessEqual],
]

export const elementwiseCases: readonly Case[] = [
  ...functions.map(([name, f, low, high, tolerance]) =>
    op(name, [floats([2, 3, 5, 4], low, high)], f, { tolerance: tolerance ?? 2e-5 }),
  ),
  ...pairs.flatMap(([name, f, low, high]) => [
    op(name, [floats([2, 3, 4], low, high), floats([2, 3, 4], low, high)], f),
    op(`${name} with a vector`, [floats([2, 3, 4], low, high), floats([4], low, high)], f),
    op(`${name} with a column`, [floats([3, 1], low, high), floats([2, 3, 4], low, high)], f),
    op(`${name} with a scalar`, [floats([], low, high), floats([2, 3], low, high)], f),
    op(`${name} both ways`, [floats([2, 1, 4], low, high), floats([3, 1], low, high)], f),
  ]),
  // tfjs' gradients of these three do not sum over broadcast axes.
  ...[tf.maximum, tf.minimum, tf.squaredDifference].flatMap((f) => [
    op(f.name, [floats([2, 3, 4]), floats([2, 3, 4])], (a, b) => f(a!, b!)),
    forward(`${f.name} both ways`, [floats([2, 1, 4]), floats([3, 1])], (a, b) => f(a!, b!)),
    forward(`${f.name} with a vector`, [floats([2, 3, 4]), floats([4])], (a, b) => f(a!, b!)),
  ]),
  ...comparisons.flatMap(([name, f]) => [
    forward(name, [ints([3, 4], 0, 3), ints([3, 4], 0, 3)], f),
    forward(`${name} with a vector`, [ints([2, 3, 4], 0, 3), ints([4], 0, 3)], f),
    forward(`${name} of NaN`, [special, exactly([Number.NaN, 0, 0, 0, 0, 1.5, 1])], f),
  ]),
  ...[tf.logicalAnd, tf.logicalOr, tf.logicalXor].map((f) =>
    forward(f.name, [bools([2, 3, 4]), bools([3, 1])], (a, b) => f(a!, b!)),
  ),
  forward('logicalNot', [bools([3, 4])], tf.logicalNot),
  forward('atan2 in all quadrants', [floats([40], -2, 2), floats([40], -2, 2)], tf.atan2, { tolerance: 1e-5 }),
  forward('pow of negative bases', [exactly([-2, -2, -1.5, 0, 4]), exactly([2, 3, 2, 0, -0.5])], tf.pow),
  forward('floorDiv of floats', [floats([40], -9, 9), floats([40], 0.5, 3)], tf.floorDiv),
  forward('floorDiv of integers', [ints([40]), ints([40], 1, 5)], tf.floorDiv),
  forward('floorDiv by negative integers', [ints([40]), ints([40], -5, 0)], tf.floorDiv),
  forward('div of integers', [ints([40]), ints([40], 1, 5)], tf.div),
  forward('div of integers and floats', [ints([40]), floats([40], 1, 5)], tf.div),
  op('mod', [floats([40], -9, 9), floats([40], 1, 3)], tf.mod, { tolerance: 1e-4 }),
  forward('mod by negative numbers', [floats([40], -9, 9), floats([40], -3, -1)], tf.mod, { tolerance: 1e-4 }),
  forward('mod of integers', [ints([40]), ints([40], 1, 5)], tf.mod),
  forward('arithmetic of integers', [ints([4, 3]), ints([3])], (a, b) => tf.sub(tf.mul(tf.add(a, b), b), a)),
  forward('functions of integers', [ints([12])], (x) => [tf.abs(x), tf.neg(x), tf.square(x), tf.sign(x), tf.relu(x)]),
  forward(
    'real functions of integers',
    [ints([12], 0, 5)],
    (x) => [tf.cos(tf.cast(x, 'float32')), tf.sigmoid(tf.cast(x, 'float32'))],
    {
      tolerance: 1e-4,
    },
  ),
  forward('maximum and minimum of integers', [ints([12]), ints([12])], (a, b) => [tf.maximum(a, b), tf.minimum(a, b)]),
  forward('round half to even', [halves], tf.round),
  forward('ceil and floor of halves', [halves], (x) => [tf.ceil(x), tf.floor(x)]),
  forward('NaN through relu, maximum and minimum', [special], (x) => [tf.relu(x), tf.maximum(x, 0), tf.minimum(x, 0)]),
  forward('NaN through step', [special], (x) => tf.step(x)),
  forward('isNaN, isInf, isFinite', [special], (x) => [tf.isNaN(x), tf.isInf(x), tf.isFinite(x)]),
  forward('softplus far out', [exactly([-200, -50, -1, 0, 1, 50, 200])], tf.softplus),
  forward('sigmoid far out', [exactly([-200, -50, -1, 0, 1, 50, 200])], tf.sigmoid),
  forward('erf far out', [exactly([-200, -5, -1, 0, 1, 5, 200])], tf.erf, { tolerance: 1e-5 }),
  op('prelu', [floats([2, 3, 4]), floats([4], 0.1, 0.5)], tf.prelu),
  op('where', [bools([2, 3]), floats([2, 3]), floats([2, 3])], tf.where),
  forward('where of bools', [bools([2, 3]), bools([2, 3]), bools([2, 3])], tf.where),
  op('where with broadcasting', [bools([3]), floats([2, 3]), floats([])], tf.where),
  op('addN', [floats([2, 3]), floats([2, 3]), floats([2, 3])], (...x) => tf.addN(x)),
  forward('addN of integers', [ints([2, 3]), ints([2, 3])], (...x) => tf.addN(x)),
  op('cast to float', [floats([2, 3])], (x) => tf.mul(tf.cast(x, 'float32'), tf.cast(tf.cast(x, 'int32'), 'float32'))),
  forward('cast between types', [floats([12], -3, 3)], (x) => [tf.cast(x, 'int32'), tf.cast(x, 'bool')]),
  forward('cast of booleans', [bools([12])], (x) => [tf.cast(x, 'int32'), tf.cast(x, 'float32')]),
  op('zerosLike and onesLike', [floats([2, 3])], (x) => tf.add(tf.mul(x, tf.onesLike(x)), tf.zerosLike(x))),
  op('fill', [floats([2, 3])], (x) => tf.mul(x, tf.fill([2, 3], 2.5))),
]
