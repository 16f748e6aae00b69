import { randomUniform, type TensorInfo } from '@tensorflow/tfjs-core'
import { sizeOf } from '../ir/shape.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, elementType, type Kernel, kernel } from './call.ts'

/** How often, or with which weight in all, each of 0..size-1 occurs in each row of x [rows,n]: [rows,size]. */
function histogram(call: Call, rows: number, shape: readonly number[]): TensorInfo {
  const x = call.input('x')
  const weights = call.input('weights')
  const size = call.number('size')
  const binary = call.flag('binaryOutput')
  const weighted = !binary && sizeOf(weights.shape) > 0
  const n = sizeOf(x.shape) / rows
  const type = elementType(weights.dtype)
  if (n === 0) return call.backend.filled(shape, weights.dtype, 0)
  const inputs = weighted ? [x, weights] : [x]
  return call.record(`${size};${binary};${type}`, inputs, shape, weights.dtype, (g, [vx, vw]) => {
    const values = g.reshapeRaw(g.logical(vx!), [rows, n])
    const integer = (v: number) => g.graph.scalar(v, 'int32')
    // What is not counted goes into a column behind the last, which is cut off.
    const low = g.node('Less', [values, integer(0)], values.dims, 'bool')
    const bounded = g.node('Min', [values, integer(size)], values.dims, 'int32')
    const column = g.node('Where', [low, integer(size), bounded], values.dims, 'int32')
    const first = Int32Array.from({ length: rows }, (_, row) => row * (size + 1))
    const place = g.node('Add', [column, g.graph.constant(first, [rows, 1], 'int32')], values.dims, 'int32')
    const flat = [rows * n]
    const index = g.node('Cast', [g.reshapeRaw(place, flat)], flat, 'int64', { to: 7 })
    const one = g.graph.scalar(1, type)
    const amounts = vw ? g.reshapeRaw(g.logical(vw), flat) : g.node('Expand', [one, g.integers(flat)], flat, type)
    const all = [rows * (size + 1)]
    const zeros = g.node('Expand', [g.graph.scalar(0, type), g.integers(all)], all, type)
    const sums = g.node('ScatterElements', [zeros, index, amounts], all, type, { axis: 0, reduction: 'add' })
    const bins = binary ? g.node('Min', [sums, one], all, type) : sums
    const ends = [[0], [size], [1]].map((v) => g.integers(v))
    const cut = g.node('Slice', [g.reshapeRaw(bins, [rows, size + 1]), ...ends], [rows, size], type)
    return g.value(g.reshapeRaw(cut, shape), shape)
  })
}

/** For each of values [rows,m] how many of sorted [rows,n] are below it, or not above it: int32 [rows,m]. */
function countBelow(g: Lowering, sorted: IrTensor, values: IrTensor, alsoEqual: boolean): IrTensor {
  const [rows, n] = sorted.dims
  const m = values.dims[1]!
  const op = alsoEqual ? 'LessOrEqual' : 'Less'
  const operands = [g.reshapeRaw(sorted, [sorted.dims[0]!, 1, n!]), g.reshapeRaw(values, [values.dims[0]!, m, 1])]
  const dims = [Math.max(rows!, values.dims[0]!), m, n!]
  const flags = g.node('Cast', [g.node(op, operands, dims, 'bool')], dims, 'int32', { to: 6 })
  return g.node('ReduceSum', [flags, g.integers([2])], [dims[0]!, m], 'int32', { keepdims: 0 })
}

export const countingKernels: readonly Kernel[] = [
  kernel('Bincount', (call) => histogram(call, 1, [call.number('size')])),
  kernel('DenseBincount', (call) => {
    const { shape } = call.input('x')
    const size = call.number('size')
    return shape.length === 2 ? histogram(call, shape[0]!, [shape[0]!, size]) : histogram(call, 1, [size])
  }),
  kernel('SearchSorted', (call) => {
    const sorted = call.input('sortedSequence')
    const values = call.input('values')
    const side = call.text('side')
    return call.record(side, [sorted, values], values.shape, 'int32', (g, [s, v]) =>
      g.value(countBelow(g, g.logical(s!), g.logical(v!), side === 'right'), values.shape),
    )
  }),
  kernel('Multinomial', (call) => {
    const logits = call.input('logits')
    const samples = call.number('numSamples')
    const normalized = call.flag('normalized')
    const [rows, events] = logits.shape.map(Number)
    const shape = [rows!, samples]
    // tfjs' generator, for the same draws from a seed as its own backends have in the first row.
    const draws = randomUniform([rows!, samples], 0, 1, 'float32', call.number('seed'))
    try {
      return call.record(`${normalized}`, [logits, draws], shape, 'int32', (g, [vl, vd]) => {
        const raw = g.logical(vl!)
        const odds = normalized ? raw : g.node('Softmax', [raw], raw.dims, 'float32', { axis: 1 })
        const ends = [[0], [events! - 1], [1]].map((v) => g.integers(v))
        const all = g.node('CumSum', [odds, g.graph.scalar(1, 'int32')], odds.dims)
        // The last event is what remains, whatever rounding leaves of the sum.
        const cut = g.node('Slice', [all, ...ends], [rows!, events! - 1])
        return g.value(countBelow(g, cut, g.logical(vd!), true), shape)
      })
    } finally {
      draws.dispose()
    }
  }),
]
