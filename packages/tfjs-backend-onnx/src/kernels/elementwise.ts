import { backend_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { numberKey } from '../lowering/node-key.ts'
import type { Attributes } from '../onnx/types.ts'
import { type Call, elementType, type Kernel, kernel } from './call.ts'
import { castComplex, filledComplex, multiplyComplex } from './complex-parts.ts'

/** Builds physical nodes for one elementwise kernel: operands as they lie, dimensions of the result. */
type Build = (g: Lowering, raws: IrTensor[], dims: readonly number[]) => IrTensor

/** Records an elementwise computation of broadcasting operands. */
export function elementwise(
  call: Call,
  inputs: readonly TensorInfo[],
  dtype: DataType,
  build: Build,
  attributes = '',
): TensorInfo {
  let shape = inputs[0]!.shape
  for (let i = 1; i < inputs.length; i++) shape = backend_util.assertAndGetBroadcastShape(shape, inputs[i]!.shape)
  return call.record(attributes, inputs, shape, dtype, (g, values) =>
    g.elementwise(values, shape, (raws, dims) => build(g, raws, dims)),
  )
}

/** A node whose result has the type of its first operand. */
function same(op: string, attributes: Attributes = {}): Build {
  return (g, raws, dims) => g.node(op, raws, dims, raws[0]!.type, attributes)
}

function binary(name: string, build: Build): Kernel {
  return kernel(name, (call) => elementwise(call, [call.input('a'), call.input('b')], call.input('a').dtype, build))
}

function compare(name: string, op: string): Kernel {
  return kernel(name, (call) =>
    elementwise(call, [call.input('a'), call.input('b')], 'bool', (g, raws, dims) => {
      // ONNX compares booleans for equality only; as integers they have an order too.
      const operands = raws.map((r) => (r.type === 'bool' ? g.node('Cast', [r], r.dims, 'int32', { to: 6 }) : r))
      return g.node(op, operands, dims, 'bool')
    }),
  )
}

/** int32 operands that ONNX computes in floating point only: there, and the result truncated back as tfjs' typed arrays do. */
function floating(build: Build): Build {
  return (g, raws, dims) => {
    if (raws[0]!.type === 'float32') return build(g, raws, dims)
    const wide = raws.map((r) => g.node('Cast', [r], r.dims, 'float32', { to: 1 }))
    return g.node('Cast', [build(g, wide, dims)], dims, 'int32', { to: 6 })
  }
}

function unary(name: string, build: Build, dtype?: DataType): Kernel {
  return kernel(name, (call) => {
    const x = call.input('x')
    return elementwise(call, [x], dtype ?? x.dtype, build)
  })
}

/** A function of real numbers: tfjs gives float32 for whatever comes in. */
function real(name: string, build: Build): Kernel {
  return kernel(name, (call) => {
    const x = call.input('x')
    return elementwise(call, [x], 'float32', (g, [raw], dims) => build(g, [asFloat(g, raw!)], dims))
  })
}

export function asFloat(g: Lowering, raw: IrTensor): IrTensor {
  return raw.type === 'float32' ? raw : g.node('Cast', [raw], raw.dims, 'float32', { to: 1 })
}

/**
 * A quotient or remainder of integers, 0 where the divisor is 0, as tfjs' typed arrays keep what is not finite: ONNX Runtime ends the
 * run there.
 */
function byNonZero(
  g: Lowering,
  divisor: IrTensor,
  dims: readonly number[],
  build: (divisor: IrTensor) => IrTensor,
): IrTensor {
  const [zero, one] = [0, 1].map((value) => g.graph.scalar(value, 'int32')) as [IrTensor, IrTensor]
  const isZero = g.node('Equal', [divisor, zero], divisor.dims, 'bool')
  const made = build(g.node('Where', [isZero, one, divisor], divisor.dims, 'int32'))
  return g.node('Where', [isZero, zero, made], dims, 'int32')
}

const floorDiv: Build = (g, [a, b], dims) => {
  if (a!.type === 'float32') {
    const quotient = g.node('Floor', [g.node('Div', [a!, b!], dims)], dims)
    return g.node('Cast', [quotient], dims, 'int32', { to: 6 })
  }
  return byNonZero(g, b!, dims, (divisor) => flooredQuotient(g, a!, divisor, dims))
}

/** ONNX truncates integer quotients; one less where a remainder has the other sign than the divisor. */
function flooredQuotient(g: Lowering, a: IrTensor, b: IrTensor, dims: readonly number[]): IrTensor {
  const q = g.node('Div', [a, b], dims, 'int32')
  const r = g.node('Sub', [a, g.node('Mul', [q, b], dims, 'int32')], dims, 'int32')
  const zero = g.graph.scalar(0, 'int32')
  const signs = g.node(
    'Xor',
    [g.node('Less', [r, zero], dims, 'bool'), g.node('Less', [b, zero], b.dims, 'bool')],
    dims,
    'bool',
  )
  const inexact = g.node('Not', [g.node('Equal', [r, zero], dims, 'bool')], dims, 'bool')
  const less = g.node('Cast', [g.node('And', [signs, inexact], dims, 'bool')], dims, 'int32', { to: 6 })
  return g.node('Sub', [q, less], dims, 'int32')
}

/** The remainder takes the divisor's sign. */
const mod: Build = (g, [a, b], dims) => {
  if (a!.type !== 'float32') return byNonZero(g, b!, dims, (divisor) => g.node('Mod', [a!, divisor], dims, 'int32'))
  const zero = g.float(0)
  const rem = g.node('Mod', [a!, b!], dims, 'float32', { fmod: 1 })
  const shifted = g.node('Mod', [g.node('Add', [rem, b!], dims), b!], dims, 'float32', { fmod: 1 })
  const differ = g.node(
    'Xor',
    [g.node('Less', [a!, zero], a!.dims, 'bool'), g.node('Less', [b!, zero], b!.dims, 'bool')],
    dims,
    'bool',
  )
  return g.node('Where', [differ, shifted, rem], dims)
}

/** Dimensions of what is made of two tensors: one whose values repeat leaves the other's. */
const widest = (a: IrTensor, b: IrTensor): number[] => backend_util.assertAndGetBroadcastShape([...a.dims], [...b.dims])

/** One or the other, as a condition says. ONNX Runtime chooses between numbers, not between booleans. */
export const select: Build = (g, [condition, a, b], dims) => {
  if (a!.type !== 'bool') return g.node('Where', [condition!, a!, b!], dims, a!.type)
  const first = g.node('And', [condition!, a!], widest(condition!, a!), 'bool')
  const otherwise = g.node('Not', [condition!], condition!.dims, 'bool')
  const second = g.node('And', [otherwise, b!], widest(otherwise, b!), 'bool')
  return g.node('Or', [first, second], dims, 'bool')
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): neither overflows nor loses small values of e^x entirely. */
const softplus: Build = (g, [x], dims) => {
  const e = g.node('Exp', [g.node('Neg', [g.node('Abs', [x!], dims)], dims)], dims)
  return g.node('Add', [g.node('Relu', [x!], dims), g.node('Log', [g.node('Add', [e, g.float(1)], dims)], dims)], dims)
}

/** max(x, 0). Of integers it is written so: ONNX Runtime cannot prepare a Relu of them that a Clip follows. */
const relu: Build = (g, [x], dims) =>
  x!.type === 'float32' ? g.node('Relu', [x!], dims) : g.node('Max', [x!, g.graph.scalar(0, x!.type)], dims, x!.type)

/** 1 where x > 0, alpha elsewhere, NaN for NaN: sign(relu(x)) has all three for alpha = 0. */
function step(alpha: number): Build {
  return (g, [x], dims) => {
    const type = x!.type
    const positive = g.node('Sign', [relu(g, [x!], dims)], dims, type)
    if (alpha === 0) return positive
    const scaled = g.node('Mul', [positive, g.graph.scalar(1 - alpha, type)], dims, type)
    return g.node('Add', [scaled, g.graph.scalar(alpha, type)], dims, type)
  }
}

function filledLike(call: Call, value: number): TensorInfo {
  const { shape, dtype } = call.input('x')
  return dtype === 'complex64' ? filledComplex(call, shape, value) : call.backend.filled(shape, dtype, value)
}

/** A tensor as another type that computes. */
function cast(call: Call, x: TensorInfo): TensorInfo {
  const dtype = call.dtype('dtype')
  if (dtype === x.dtype) return call.alias(x)
  return elementwise(call, [x], dtype, (g, [raw], dims) => {
    if (dtype === 'bool') {
      return g.node('Not', [g.node('Equal', [raw!, g.graph.scalar(0, raw!.type)], dims, 'bool')], dims, 'bool')
    }
    return g.node('Cast', [raw!], dims, elementType(dtype), { to: dtype === 'int32' ? 6 : 1 })
  })
}

/** SELU's constants; tfjs keeps the product of the two. */
const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805

export const elementwiseKernels: readonly Kernel[] = [
  binary('Add', (g, raws, dims) => {
    if (raws[0]!.type === 'bool') return g.node('Or', raws, dims, 'bool')
    return g.node('Add', raws, dims, raws[0]!.type)
  }),
  binary('Sub', same('Sub')),
  kernel('Multiply', (call) =>
    call.isComplex
      ? multiplyComplex(call)
      : elementwise(call, [call.input('a'), call.input('b')], call.input('a').dtype, (g, raws, dims) => {
          if (raws[0]!.type === 'bool') return g.node('And', raws, dims, 'bool')
          return g.node('Mul', raws, dims, raws[0]!.type)
        }),
  ),
  binary('RealDiv', floating(same('Div'))),
  // tfjs calls the result an integer whatever was divided.
  kernel('FloorDiv', (call) => elementwise(call, [call.input('a'), call.input('b')], 'int32', floorDiv)),
  binary('Mod', mod),
  binary('Maximum', same('Max')),
  binary('Minimum', same('Min')),
  binary('Pow', same('Pow')),
  binary('SquaredDifference', (g, raws, dims) => {
    const d = g.node('Sub', raws, dims, raws[0]!.type)
    return g.node('Mul', [d, d], dims, d.type)
  }),
  binary('Atan2', (g, [y, x], dims) => {
    // atan(y/x) is right for x > 0; elsewhere half a turn is missing, with the sign of y.
    const zero = g.float(0)
    const plain = g.node('Atan', [g.node('Div', [y!, x!], dims)], dims)
    const half = g.node(
      'Where',
      [g.node('Less', [y!, zero], y!.dims, 'bool'), g.float(-Math.PI), g.float(Math.PI)],
      y!.dims,
    )
    const left = g.node('Less', [x!, zero], x!.dims, 'bool')
    const turned = g.node('Where', [left, g.node('Add', [plain, half], dims), plain], dims)
    const origin = g.node(
      'And',
      [g.node('Equal', [x!, zero], x!.dims, 'bool'), g.node('Equal', [y!, zero], y!.dims, 'bool')],
      dims,
      'bool',
    )
    return g.node('Where', [origin, zero, turned], dims)
  }),
  compare('Equal', 'Equal'),
  kernel('NotEqual', (call) =>
    elementwise(call, [call.input('a'), call.input('b')], 'bool', (g, raws, dims) =>
      g.node('Not', [g.node('Equal', raws, dims, 'bool')], dims, 'bool'),
    ),
  ),
  compare('Greater', 'Greater'),
  compare('GreaterEqual', 'GreaterOrEqual'),
  compare('Less', 'Less'),
  compare('LessEqual', 'LessOrEqual'),
  binary('BitwiseAnd', same('BitwiseAnd')),
  kernel('LogicalAnd', (call) => elementwise(call, [call.input('a'), call.input('b')], 'bool', same('And'))),
  kernel('LogicalOr', (call) => elementwise(call, [call.input('a'), call.input('b')], 'bool', same('Or'))),
  kernel('LogicalXor', (call) => elementwise(call, [call.input('a'), call.input('b')], 'bool', same('Xor'))),
  unary('LogicalNot', same('Not'), 'bool'),
  unary('Abs', same('Abs')),
  unary('Neg', same('Neg')),
  unary('Sign', same('Sign')),
  unary('Square', (g, [x], dims) => g.node('Mul', [x!, x!], dims, x!.type)),
  unary('Ceil', floating(same('Ceil'))),
  unary('Floor', floating(same('Floor'))),
  unary('Round', floating(same('Round'))),
  unary('Relu', relu),
  unary('Relu6', (g, [x], dims) =>
    g.node('Clip', [x!, g.graph.scalar(0, x!.type), g.graph.scalar(6, x!.type)], dims, x!.type),
  ),
  real('Sqrt', same('Sqrt')),
  real('Rsqrt', (g, [x], dims) => g.node('Reciprocal', [g.node('Sqrt', [x!], dims)], dims)),
  real('Reciprocal', same('Reciprocal')),
  real('Exp', same('Exp')),
  // e^x - 1 = 2 sinh(x/2) e^(x/2) keeps the digits that the difference loses near 0.
  real('Expm1', (g, [x], dims) => {
    const half = g.node('Mul', [x!, g.float(0.5)], dims)
    const product = g.node('Mul', [g.node('Sinh', [half], dims), g.node('Exp', [half], dims)], dims)
    return g.node('Mul', [product, g.float(2)], dims)
  }),
  real('Log', same('Log')),
  // With u = 1 + x rounded, log(1+x) = log(u)·x/(u-1): the rounding of u cancels (Kahan). u = 1 gives x itself.
  real('Log1p', (g, [x], dims) => {
    const one = g.float(1)
    const u = g.node('Add', [x!, one], dims)
    const d = g.node('Sub', [u, one], dims)
    const exact = g.node('Mul', [g.node('Log', [u], dims), g.node('Div', [x!, d], dims)], dims)
    const small = g.node('Equal', [d, g.float(0)], dims, 'bool')
    const infinite = g.node('IsInf', [u], dims, 'bool')
    return g.node('Where', [g.node('Or', [small, infinite], dims, 'bool'), x!, exact], dims)
  }),
  real('Sigmoid', same('Sigmoid')),
  real('Tanh', same('Tanh')),
  real('Erf', same('Erf')),
  real('Sin', same('Sin')),
  real('Cos', same('Cos')),
  real('Tan', same('Tan')),
  real('Asin', same('Asin')),
  real('Acos', same('Acos')),
  real('Atan', same('Atan')),
  real('Sinh', same('Sinh')),
  real('Cosh', same('Cosh')),
  real('Asinh', same('Asinh')),
  real('Acosh', same('Acosh')),
  real('Atanh', same('Atanh')),
  real('Softplus', softplus),
  real('Elu', same('Elu', { alpha: { float: 1 } })),
  real('Selu', same('Selu', { alpha: { float: SELU_ALPHA }, gamma: { float: SELU_SCALE } })),
  // tfjs gives the gradient's factor for outputs: dy where y >= 0, dy·(y + 1) elsewhere.
  kernel('EluGrad', (call) =>
    elementwise(call, [call.input('dy'), call.input('y')], 'float32', (g, [dy, y], dims) => {
      const slope = g.node('Add', [g.node('Min', [y!, g.float(0)], y!.dims), g.float(1)], y!.dims)
      return g.node('Mul', [dy!, slope], dims)
    }),
  ),
  kernel('Step', (call) => {
    const alpha = call.number('alpha', 0)
    return elementwise(call, [call.input('x')], call.input('x').dtype, step(alpha), numberKey(alpha))
  }),
  kernel('LeakyRelu', (call) => {
    const alpha = call.number('alpha', 0.2)
    return elementwise(
      call,
      [call.input('x')],
      'float32',
      (g, [x], dims) => g.node('LeakyRelu', [asFloat(g, x!)], dims, 'float32', { alpha: { float: alpha } }),
      numberKey(alpha),
    )
  }),
  kernel('Prelu', (call) =>
    elementwise(call, [call.input('x'), call.input('alpha')], 'float32', (g, [x, alpha], dims) =>
      g.node('Where', [g.node('Less', [x!, g.float(0)], x!.dims, 'bool'), g.node('Mul', [x!, alpha!], dims), x!], dims),
    ),
  ),
  kernel('ClipByValue', (call) => {
    const low = call.number('clipValueMin')
    const high = call.number('clipValueMax')
    return elementwise(
      call,
      [call.input('x')],
      call.input('x').dtype,
      (g, [x], dims) =>
        g.node('Clip', [x!, g.graph.scalar(low, x!.type), g.graph.scalar(high, x!.type)], dims, x!.type),
      `${numberKey(low)},${numberKey(high)}`,
    )
  }),
  unary('IsNan', (g, [x], dims) => g.node('IsNaN', [asFloat(g, x!)], dims, 'bool'), 'bool'),
  unary('IsInf', (g, [x], dims) => g.node('IsInf', [asFloat(g, x!)], dims, 'bool'), 'bool'),
  unary(
    'IsFinite',
    (g, [x], dims) => {
      // x - x is 0 for finite numbers and NaN for the others.
      const f = asFloat(g, x!)
      return g.node('Equal', [g.node('Sub', [f, f], dims), g.float(0)], dims, 'bool')
    },
    'bool',
  ),
  kernel('Cast', (call) => {
    const x = call.input('x')
    return call.isComplex || call.text('dtype') === 'complex64' ? castComplex(call, x, cast) : cast(call, x)
  }),
  kernel('Select', (call) => {
    const condition = call.input('condition')
    const t = call.input('t')
    const e = call.input('e')
    // A condition of rank 1 picks rows: it lies along the first axis.
    const rows = condition.shape.length === 1 && t.shape.length > 1
    return call.record('', [condition, t, e], t.shape, t.dtype, (g, [c, a, b]) => {
      const picked = rows ? g.reshape(c!, [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)]) : c!
      return g.elementwise([picked, a!, b!], t.shape, (raws, dims) => select(g, raws, dims))
    })
  }),
  kernel('AddN', (call) => {
    const inputs = call.list()
    return elementwise(call, inputs, inputs[0]!.dtype, (g, raws, dims) =>
      raws[0]!.type === 'float32'
        ? g.node('Sum', raws, dims)
        : raws.slice(1).reduce((sum, r) => g.node('Add', [sum, r], dims, r.type), raws[0]!),
    )
  }),
  // (x - mean)/sqrt(variance + eps)·scale + offset
  kernel('FusedBatchNorm', (call) => {
    const scale = call.optional('scale')
    const offset = call.optional('offset')
    const epsilon = call.number('varianceEpsilon', 0.001)
    const inputs = [call.input('x'), call.input('mean'), call.input('variance'), scale, offset].filter(
      (t) => t !== null,
    )
    const build: Build = (g, [x, mean, variance, ...affine], dims) => {
      const deviation = g.node('Sqrt', [g.node('Add', [variance!, g.float(epsilon)], variance!.dims)], variance!.dims)
      const factor = scale
        ? g.node('Div', [affine[0]!, deviation], widest(affine[0]!, deviation))
        : g.node('Reciprocal', [deviation], deviation.dims)
      const centred = g.node('Sub', [x!, mean!], widest(x!, mean!))
      const scaled = g.node('Mul', [centred, factor], widest(centred, factor))
      return offset ? g.node('Add', [scaled, affine.at(-1)!], dims) : scaled
    }
    return elementwise(call, inputs, 'float32', build, `${epsilon};${scale !== null};${offset !== null}`)
  }),
  kernel('ZerosLike', (call) => filledLike(call, 0)),
  kernel('OnesLike', (call) => filledLike(call, 1)),
  kernel('Fill', (call) => {
    return call.backend.filled(call.numbers('shape'), call.dtype('dtype', 'float32'), call.number('value'))
  }),
]
