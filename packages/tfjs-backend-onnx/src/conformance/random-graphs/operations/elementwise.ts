import * as tf from '@tensorflow/tfjs-core'
import { type Builder, between, type Draw, type Drawn, fromNumber, fromWhole, type Value } from '../builder.ts'
import { withoutGradient } from '../gradients.ts'

type Unary = (x: tf.Tensor) => tf.Tensor
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor

/** A function of floats, and how far its input is from where it, or its slope, jumps. */
function unary(text: string, f: Unary, margin?: (x: Value) => number): Draw {
  return (b) => {
    const x = b.float()
    return x && { text, from: [x], run: f, ...(margin && { margin: () => margin(x) }) }
  }
}

const kink =
  (...numbers: number[]) =>
  (x: Value) =>
    Math.min(...numbers.map((number) => fromNumber(x, number)))

/** Negative numbers are refused by what they give, and small ones here, where slopes are steep. */
const positive = (x: Value) => Math.min(...Array.from(x.data), 1) - 0.1

const unaries: readonly Draw[] = [
  unary('relu', tf.relu, kink(0)),
  unary('relu6', tf.relu6, kink(0, 6)),
  unary('leakyRelu', (x) => tf.leakyRelu(x, 0.3), kink(0)),
  unary('elu', tf.elu, kink(0)),
  unary('selu', tf.selu, kink(0)),
  unary('abs', tf.abs, kink(0)),
  unary('clip to [-1, 1]', (x) => tf.clipByValue(x, -1, 1), kink(-1, 1)),
  unary('sigmoid', tf.sigmoid),
  unary('tanh', tf.tanh),
  unary('softplus', tf.softplus),
  unary('exp', tf.exp),
  unary('expm1', tf.expm1),
  unary('log', tf.log, positive),
  unary('log1p of square', (x) => tf.log1p(tf.square(x))),
  unary('sqrt', tf.sqrt, positive),
  unary('rsqrt', tf.rsqrt, positive),
  unary('reciprocal', tf.reciprocal, (x) => fromNumber(x, 0) - 0.1),
  unary('square', tf.square),
  unary('neg', tf.neg),
  unary('sin', tf.sin),
  unary('cos', tf.cos),
  unary('atan', tf.atan),
  unary('erf', tf.erf),
  unary('asinh', tf.asinh),
  unary('silu', (x) => tf.mul(x, tf.sigmoid(x))),
  unary('gelu', (x) => tf.mul(x, tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5))),
  unary('sign', withoutGradient(tf.sign), kink(0)),
  unary(
    'step',
    withoutGradient((x) => tf.step(x)),
    kink(0),
  ),
  unary(
    'step 0.5',
    withoutGradient((x) => tf.step(x, 0.5)),
    kink(0),
  ),
  unary('round', withoutGradient(tf.round), (x) => fromWhole(x, 0.5)),
  unary('floor', withoutGradient(tf.floor), fromWhole),
  unary('ceil', withoutGradient(tf.ceil), fromWhole),
  unary('isFinite', withoutGradient(tf.isFinite)),
]

/** A value that broadcasts with `a`, and how often it is of another type. */
function partner(b: Builder, a: Value, mixed = 0.1): Value | null {
  const any = b.random.chance(mixed)
  return b.pick(({ shape, dtype }) => (any || dtype === a.dtype) && broadcasts(a.shape, shape))
}

function broadcasts(a: readonly number[], b: readonly number[]): boolean {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  const skipped = long.length - short.length
  return short.every((d, i) => d === 1 || long[i + skipped] === 1 || d === long[i + skipped])
}

interface BinaryOptions {
  readonly mixed?: number
  readonly dtypes?: readonly string[]
  /** Whether operands may be of different shapes. */
  readonly repeats?: boolean
  readonly margin?: (a: Value, b: Value) => number
}

function binary(text: string, f: Binary, options: BinaryOptions = {}): Draw {
  const { mixed, dtypes = ['float32', 'int32'], repeats = true, margin } = options
  return (b) => {
    const x = b.pick(({ dtype }) => dtypes.includes(dtype))
    const y = x && partner(b, x, mixed)
    if (!x || !y || !dtypes.includes(y.dtype)) return null
    if (!repeats && `${x.shape}` !== `${y.shape}`) return null
    const from = b.random.chance(0.5) ? ([x, y] as const) : ([y, x] as const)
    return { text, from, run: f, ...(margin && { margin: () => margin(...from) }) }
  }
}

/** A comparison: exact for integers, and for floats that do not nearly meet. */
const comparison = (text: string, f: Binary) =>
  binary(text, withoutGradient(f), { margin: between, dtypes: ['float32', 'int32', 'bool'] })
const logic = (text: string, f: Binary) => binary(text, withoutGradient(f), { dtypes: ['bool'], mixed: 0 })
const nonZero = (_: Value, divisor: Value) => fromNumber(divisor, 0) - 0.1

const binaries: readonly Draw[] = [
  binary('add', tf.add),
  binary('sub', tf.sub),
  binary('mul', tf.mul),
  binary('div', tf.div, { margin: nonZero, dtypes: ['float32'] }),
  // tfjs does not sum the gradients of these three over the axes along which an operand was repeated.
  binary('maximum', tf.maximum, { margin: between, repeats: false }),
  binary('minimum', tf.minimum, { margin: between, repeats: false }),
  binary('squaredDifference', tf.squaredDifference, { repeats: false }),
  binary('maximum, operands repeated', withoutGradient(tf.maximum), { margin: between }),
  binary('minimum, operands repeated', withoutGradient(tf.minimum), { margin: between }),
  binary('squaredDifference, operands repeated', withoutGradient(tf.squaredDifference)),
  binary('pow of softplus', (a, b) => tf.pow(tf.softplus(a), b), { dtypes: ['float32'] }),
  binary('floorDiv', withoutGradient(tf.floorDiv), {
    dtypes: ['int32'],
    mixed: 0,
    margin: nonZero,
  }),
  binary('mod', withoutGradient(tf.mod), { dtypes: ['int32'], mixed: 0, margin: nonZero }),
  // Of these tfjs sums the gradient of the slopes, and not that of what is repeated for them.
  binary('prelu', tf.prelu, { dtypes: ['float32'], margin: (x) => fromNumber(x, 0), repeats: false }),
  binary('prelu, operands repeated', withoutGradient(tf.prelu), {
    dtypes: ['float32'],
    margin: (x) => fromNumber(x, 0),
  }),
  comparison('greater', tf.greater),
  comparison('greaterEqual', tf.greaterEqual),
  comparison('less', tf.less),
  comparison('lessEqual', tf.lessEqual),
  comparison('equal', tf.equal),
  comparison('notEqual', tf.notEqual),
  logic('logicalAnd', tf.logicalAnd),
  logic('logicalOr', tf.logicalOr),
  logic('logicalXor', tf.logicalXor),
]

const scalarArithmetic: Draw = (b) => {
  const x = b.float()
  if (!x) return null
  const value = b.random.pick([-1, 0, 0.25, 0.5, 1, 1.5, 2, -0.75])
  const kinds: Record<string, Unary> = {
    '+': (t) => tf.add(t, value),
    '-': (t) => tf.sub(t, value),
    '·': (t) => tf.mul(t, value),
    'subtracted from': (t) => tf.sub(value, t),
    ...(value === 0 ? {} : { '/': (t) => tf.div(t, value) }),
  }
  const [name, run] = b.random.pick(Object.entries(kinds))
  return { text: `${name} ${value}`, from: [x], run }
}

const choice: Draw = (b) => {
  const condition = b.pick(({ dtype }) => dtype === 'bool')
  const t = condition && b.pick(({ shape }) => broadcasts(condition.shape, shape))
  const e = t && b.pick(({ dtype, shape }) => dtype === t.dtype && broadcasts(t.shape, shape))
  if (!condition || !t || !e || !broadcasts(condition.shape, e.shape)) return null
  return { text: 'where', from: [condition, t, e], run: (c, x, y) => tf.where(c!, x!, y!) }
}

const cast: Draw = (b) => {
  const x = b.pick(() => true)
  if (!x) return null
  const dtype = b.random.pick((['float32', 'int32', 'bool'] as const).filter((d) => d !== x.dtype))
  const run = withoutGradient((t) => tf.cast(t, dtype))
  const margin = (): number => (dtype === 'int32' ? fromWhole(x) : fromNumber(x, 0))
  const drawn: Drawn = { text: `cast to ${dtype}`, from: [x], run }
  return x.dtype === 'float32' ? { ...drawn, margin } : drawn
}

const sumOfMany: Draw = (b) => {
  const x = b.float()
  if (!x) return null
  const alike = b.values.filter((v) => v.dtype === 'float32' && `${v.shape}` === `${x.shape}`)
  return { text: 'addN', from: [x, ...b.random.some(alike)], run: (...xs) => tf.addN(xs) }
}

const unaryOfIntegers: Draw = (b) => {
  const x = b.pick(({ dtype }) => dtype === 'int32')
  const [text, run] = b.random.pick<[string, Unary]>([
    ['abs', tf.abs],
    ['neg', tf.neg],
    ['sign', tf.sign],
    ['relu', tf.relu],
    ['clip to [-2, 3]', (t) => tf.clipByValue(t, -2, 3)],
  ])
  return x && { text, from: [x], run: withoutGradient((t) => run(t)) }
}

const negation: Draw = (b) => {
  const x = b.pick(({ dtype }) => dtype === 'bool')
  return x && { text: 'logicalNot', from: [x], run: withoutGradient(tf.logicalNot) }
}

export const elementwise: readonly Draw[] = [
  (b) => b.random.pick(unaries)(b),
  (b) => b.random.pick(unaries)(b),
  (b) => b.random.pick(binaries)(b),
  (b) => b.random.pick(binaries)(b),
  scalarArithmetic,
  choice,
  cast,
  (b) => b.random.pick([sumOfMany, unaryOfIntegers, negation])(b),
]
