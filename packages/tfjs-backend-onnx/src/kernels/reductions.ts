import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core'
import { identity, inverse } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { withUnitAxes } from '../lowering/regroup.ts'
import { type Kernel, kernel } from './call.ts'

/** Repeated axes of a reduction, by what repeating does to the result. */
type Repeats = 'count' | 'same' | 'copy'

/**
 * Reduces logical axes. Axes whose values merely repeat are not copied out: a sum is multiplied by their number, a mean or a
 * maximum stays as it is. Returns the value with reduced axes of length 1.
 */
export function reduce(g: Lowering, op: string, input: Value, axes: readonly number[], repeats: Repeats): Value {
  const rank = input.shape.length
  let x = input
  if (x.raw.dims.length !== rank)
    x = {
      raw: g.reshapeRaw(
        x.raw,
        x.shape.map(() => 1),
      ),
      shape: x.shape,
      perm: identity(rank),
    }
  if (repeats === 'copy') x = g.full(x)
  const position = inverse(x.perm)
  const shape = x.shape.map((d, axis) => (axes.includes(axis) ? 1 : d))
  let count = 1
  const physical: number[] = []
  for (const axis of axes) {
    const p = position[axis]!
    if (x.raw.dims[p] === 1) count *= x.shape[axis]!
    else physical.push(p)
  }
  physical.sort((a, b) => a - b)
  let raw: IrTensor = x.raw
  if (physical.length > 0) {
    const dims = x.raw.dims.map((d, p) => (physical.includes(p) ? 1 : d))
    raw = g.node(op, [raw, g.integers(physical)], dims, raw.type, { keepdims: 1 })
  }
  if (repeats === 'count' && count !== 1)
    raw = g.node('Mul', [raw, g.graph.scalar(count, raw.type)], raw.dims, raw.type)
  return { raw, shape, perm: x.perm }
}

/** Drops axes of length 1, keeping the order in memory. */
export function squeeze(g: Lowering, value: Value, axes: readonly number[]): Value {
  const kept = [...value.shape.keys()].filter((axis) => !axes.includes(axis))
  const shape = kept.map((axis) => value.shape[axis]!)
  if (value.raw.dims.length !== value.shape.length) return g.uniform(value.raw, shape)
  const place = new Map(kept.map((axis, i) => [axis, i]))
  const order = value.perm.filter((axis) => place.has(axis))
  const position = inverse(value.perm)
  const dims = order.map((axis) => value.raw.dims[position[axis]!]!)
  const perm = order.map((axis) => place.get(axis)!)
  const long = perm.filter((axis) => shape[axis] !== 1)
  const tidy = withUnitAxes(long, shape)
  const at = new Map(perm.map((axis, p) => [axis, dims[p]!]))
  return g.value(
    g.reshapeRaw(
      value.raw,
      tidy.map((axis) => at.get(axis)!),
    ),
    shape,
    tidy,
  )
}

function outShape(x: TensorInfo, axes: readonly number[], keepDims: boolean): number[] {
  return x.shape.flatMap((d, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [d]))
}

function reduction(name: string, op: string, repeats: Repeats, dtypeOf: (x: TensorInfo) => DataType): Kernel {
  return kernel(name, (call) => {
    const x = call.input('x')
    // Max alone calls them so.
    const axes = util.parseAxisParam(
      call.numbers(name === 'Max' ? 'reductionIndices' : 'axis', [...x.shape.keys()]),
      x.shape,
    )
    const keepDims = call.flag('keepDims')
    const dtype = dtypeOf(x)
    return call.record(`${axes};${keepDims}`, [x], outShape(x, axes, keepDims), dtype, (g, [value]) => {
      const operand = prepare(g, value!, dtype)
      const extreme = dtype === 'float32' && (op === 'ReduceMax' || op === 'ReduceMin')
      const result = extreme ? extremeOrNaN(g, op, operand, axes) : reduce(g, op, operand, axes, repeats)
      const finished = x.dtype === 'bool' && dtype === 'bool' ? toBool(g, result) : result
      return keepDims ? finished : squeeze(g, finished, axes)
    })
  })
}

/** ONNX Runtime's maxima pass over NaN; tfjs' are NaN where one element is. */
function extremeOrNaN(g: Lowering, op: string, x: Value, axes: readonly number[]): Value {
  const result = reduce(g, op, x, axes, 'same')
  const flags = g.node('Cast', [g.node('IsNaN', [x.raw], x.raw.dims, 'bool')], x.raw.dims, 'float32', { to: 1 })
  const found = reduce(g, 'ReduceMax', { ...x, raw: flags }, axes, 'same').raw
  const some = g.node('Greater', [found, g.float(0)], found.dims, 'bool')
  return { ...result, raw: g.node('Where', [some, g.float(Number.NaN), result.raw], result.raw.dims) }
}

/** Booleans are reduced as integers; means of integers in floating point. */
function prepare(g: Lowering, value: Value, dtype: DataType): Value {
  const type = dtype === 'float32' ? 'float32' : 'int32'
  if (value.raw.type === type) return value
  return { ...value, raw: g.node('Cast', [value.raw], value.raw.dims, type, { to: type === 'float32' ? 1 : 6 }) }
}

function toBool(g: Lowering, value: Value): Value {
  return { ...value, raw: g.node('Cast', [value.raw], value.raw.dims, 'bool', { to: 9 }) }
}

/** Sums of booleans and integers are integers. */
const summed = (x: TensorInfo): DataType => (x.dtype === 'float32' ? 'float32' : 'int32')
const kept = (x: TensorInfo): DataType => x.dtype

function argument(name: string, op: string): Kernel {
  return kernel(name, (call) => {
    const x = call.input('x')
    const axis = util.parseAxisParam(call.numbers('axis'), x.shape)[0]!
    return call.record(`${axis}`, [x], outShape(x, [axis], false), 'int32', (g, [value]) => {
      const v = g.full(prepare(g, value!, x.dtype === 'float32' ? 'float32' : 'int32'))
      const p = v.perm.indexOf(axis)
      const dims = v.raw.dims.map((d, i) => (i === p ? 1 : d))
      const found = g.node(op, [v.raw], dims, 'int64', { axis: p, keepdims: 1 })
      const raw = g.node('Cast', [found], dims, 'int32', { to: 6 })
      return squeeze(g, { raw, shape: x.shape.map((d, i) => (i === axis ? 1 : d)), perm: v.perm }, [axis])
    })
  })
}

/** Softmax and its logarithm along the last logical axis, wherever it lies in memory. */
function softmax(name: string, op: string): Kernel {
  return kernel(name, (call) => {
    const x = call.input('logits')
    const axis = x.shape.length - 1
    return call.record('', [x], x.shape, 'float32', (g, [value]) => {
      const v = g.full(value!)
      return g.value(g.node(op, [v.raw], v.raw.dims, 'float32', { axis: v.perm.indexOf(axis) }), x.shape, v.perm)
    })
  })
}

/**
 * Products of all elements up to each, along physical axis `at`: after step k each is the product of the last 2^k, so it takes
 * log2(length) products of whole tensors. A quotient of totals, which is cheaper, has no answer at zeros.
 */
function cumulativeProduct(g: Lowering, x: IrTensor, at: number, exclusive: boolean, reverse: boolean): IrTensor {
  const length = x.dims[at]!
  const shifted = (raw: IrTensor, by: number): IrTensor => {
    const dims = raw.dims.map((d, p) => (p === at ? by : d))
    const ones = g.node('Expand', [g.graph.scalar(1, raw.type), g.integers(dims)], dims, raw.type)
    const [from, to] = reverse ? [by, length] : [0, length - by]
    const rest = g.node(
      'Slice',
      [raw, g.integers([from]), g.integers([to]), g.integers([at])],
      raw.dims.map((d, p) => (p === at ? length - by : d)),
      raw.type,
    )
    return g.node('Concat', reverse ? [rest, ones] : [ones, rest], raw.dims, raw.type, { axis: at })
  }
  let product = exclusive && length > 0 ? shifted(x, 1) : x
  for (let by = 1; by < length; by *= 2)
    product = g.node('Mul', [product, shifted(product, by)], product.dims, product.type)
  return product
}

export const reductionKernels: readonly Kernel[] = [
  reduction('Sum', 'ReduceSum', 'count', summed),
  reduction('Mean', 'ReduceMean', 'same', () => 'float32'),
  reduction('Max', 'ReduceMax', 'same', kept),
  reduction('Min', 'ReduceMin', 'same', kept),
  reduction('Prod', 'ReduceProd', 'copy', summed),
  reduction('All', 'ReduceMin', 'same', kept),
  reduction('Any', 'ReduceMax', 'same', kept),
  argument('ArgMax', 'ArgMax'),
  argument('ArgMin', 'ArgMin'),
  softmax('Softmax', 'Softmax'),
  softmax('LogSoftmax', 'LogSoftmax'),
  kernel('Cumprod', (call) => {
    const x = call.input('x')
    const axis = util.parseAxisParam(call.numbers('axis'), x.shape)[0]!
    const [exclusive, reverse] = [call.flag('exclusive'), call.flag('reverse')]
    return call.record(`${axis};${exclusive};${reverse}`, [x], x.shape, summed(x), (g, [value]) => {
      const v = g.full(prepare(g, value!, summed(x)))
      return g.value(cumulativeProduct(g, v.raw, v.perm.indexOf(axis), exclusive, reverse), x.shape, v.perm)
    })
  }),
  kernel('Cumsum', (call) => {
    const x = call.input('x')
    const axis = util.parseAxisParam(call.numbers('axis'), x.shape)[0]!
    const exclusive = call.flag('exclusive') ? 1 : 0
    const reverse = call.flag('reverse') ? 1 : 0
    return call.record(`${axis};${exclusive};${reverse}`, [x], x.shape, summed(x), (g, [value]) => {
      const v = g.full(prepare(g, value!, summed(x)))
      const at = g.graph.scalar(v.perm.indexOf(axis), 'int32')
      return g.value(g.node('CumSum', [v.raw, at], v.raw.dims, v.raw.type, { exclusive, reverse }), x.shape, v.perm)
    })
  }),
]
