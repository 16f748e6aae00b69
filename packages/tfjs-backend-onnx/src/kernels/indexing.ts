import { type DataType, gather_util, type TensorInfo, util } from '@tensorflow/tfjs-core'
import { identity } from '../ir/permutation.ts'
import { sizeOf } from '../ir/shape.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { numberKey } from '../lowering/node-key.ts'
import { type Call, elementType, type Kernel, kernel } from './call.ts'

/** ONNX wants 64-bit indices in its N-dimensional forms; tfjs has 32. */
function longIndices(g: Lowering, indices: IrTensor): IrTensor {
  return g.node('Cast', [indices], indices.dims, 'int64', { to: 7 })
}

/** Zeros [shape] with rows of `updates` added where `indices` [.., depth] say. */
function scatterAdd(g: Lowering, indices: IrTensor, updates: IrTensor, shape: readonly number[]): IrTensor {
  const zeros = g.node('Expand', [g.graph.scalar(0, updates.type), g.integers(shape)], shape, updates.type)
  return g.node('ScatterND', [zeros, longIndices(g, indices), updates], shape, updates.type, { reduction: 'add' })
}

function gatherV2(call: Call): TensorInfo {
  const x = call.input('x')
  const indices = call.input('indices')
  const axis = util.parseAxisParam(call.number('axis'), x.shape)[0]!
  const asked = call.number('batchDims', 0)
  const batch = asked < 0 ? asked + indices.shape.length : asked
  const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batch), ...x.shape.slice(axis + 1)]
  return call.record(`${axis};${batch}`, [x, indices], shape, x.dtype, (g, [v, i]) => {
    if (batch === 0 && indices.shape.length === 1) return gatherRows(g, v!, g.logical(i!), axis, shape)
    if (batch === 0)
      return g.value(g.node('Gather', [g.logical(v!), g.logical(i!)], shape, v!.raw.type, { axis }), shape)
    // With batch axes: bring the gathered axis behind them, pick, and bring the picked axes back to its place.
    const rank = x.shape.length
    const others = [...identity(rank)].filter((a) => a >= batch && a !== axis)
    const moved = g.logical(g.transpose(v!, [...identity(batch), axis, ...others]))
    const picks = g.node('Unsqueeze', [longIndices(g, g.logical(i!)), g.integers([-1])], [...indices.shape, 1], 'int64')
    const dims = [...indices.shape, ...others.map((a) => x.shape[a]!)]
    const picked = g.value(g.node('GatherND', [moved, picks], dims, v!.raw.type, { batch_dims: batch }), dims)
    const between = axis - batch
    const fresh = indices.shape.length - batch
    const order = [
      ...identity(batch),
      ...Array.from({ length: between }, (_, k) => batch + fresh + k),
      ...Array.from({ length: fresh }, (_, k) => batch + k),
      ...Array.from({ length: rank - axis - 1 }, (_, k) => batch + fresh + between + k),
    ]
    return g.transpose(picked, order)
  })
}

/** A list of indices along one axis: the order in memory stays. */
function gatherRows(g: Lowering, value: Value, indices: IrTensor, axis: number, shape: readonly number[]): Value {
  const v = g.full(value)
  const p = v.perm.indexOf(axis)
  const dims = v.perm.map((a) => shape[a]!)
  return { raw: g.node('Gather', [v.raw, indices], dims, v.raw.type, { axis: p }), shape, perm: v.perm }
}

/** One value for every row, where tfjs gives a scalar for all of them. */
function spreadValue(g: Lowering, value: Value, count: number): Value {
  return sizeOf(value.shape) === count ? value : g.uniform(value.raw, [count])
}

export const indexingKernels: readonly Kernel[] = [
  kernel('GatherV2', gatherV2),
  kernel('GatherNd', (call) => {
    const params = call.input('params')
    const indices = call.input('indices')
    const [shape] = gather_util.prepareAndValidate(params, indices)
    return call.record('', [params, indices], shape, params.dtype, (g, [v, i]) =>
      g.value(g.node('GatherND', [g.logical(v!), longIndices(g, g.logical(i!))], shape, v!.raw.type), shape),
    )
  }),
  kernel('ScatterNd', (call) => {
    const indices = call.input('indices')
    const updates = call.input('updates')
    const shape = call.numbers('shape')
    return call.record(`${shape}`, [indices, updates], shape, updates.dtype, (g, [i, u]) =>
      g.value(scatterAdd(g, g.logical(i!), g.logical(u!), shape), shape),
    )
  }),
  kernel('SparseToDense', (call) => {
    const indices = call.input('sparseIndices')
    const values = call.input('sparseValues')
    const missing = call.input('defaultValue')
    const shape = call.numbers('outputShape')
    // Of rank 0 and 1 tfjs' indices are places along one axis.
    const [count, depth] = [indices.shape[0] ?? 1, indices.shape[1] ?? 1]
    return call.record(`${shape}`, [indices, values, missing], shape, values.dtype, (g, [i, v, m]) => {
      const rows = g.reshapeRaw(g.logical(i!), [count, depth])
      const updates = g.arrange(g.reshape(spreadValue(g, v!, count), [count]), [0])
      const base = g.node('Expand', [g.reshapeRaw(m!.raw, []), g.integers(shape)], shape, updates.type)
      return g.value(g.node('ScatterND', [base, longIndices(g, rows), updates], shape, updates.type), shape)
    })
  }),
  kernel('TensorScatterUpdate', (call) => {
    const x = call.input('tensor')
    const indices = call.input('indices')
    const updates = call.input('updates')
    return call.record('', [x, indices, updates], x.shape, x.dtype, (g, [v, i, u]) =>
      g.value(
        g.node('ScatterND', [g.logical(v!), longIndices(g, g.logical(i!)), g.logical(u!)], x.shape, v!.raw.type),
        x.shape,
      ),
    )
  }),
  kernel('Diag', (call) => {
    const x = call.input('x')
    const n = sizeOf(x.shape)
    const shape = [...x.shape, ...x.shape]
    return call.record('', [x], shape, x.dtype, (g, [v]) => {
      const places = Int32Array.from({ length: n }, (_, k) => k)
      const [down, across] = [
        [n, 1],
        [1, n],
      ].map((dims) => g.graph.constant(places, dims, 'int32'))
      const hit = g.node('Equal', [down!, across!], [n, n], 'bool')
      const row = g.reshapeRaw(g.logical(v!), [1, n])
      const picked = g.node('Where', [hit, row, g.graph.scalar(0, row.type)], [n, n], row.type)
      return g.value(g.reshapeRaw(picked, shape), shape)
    })
  }),
  kernel('UnsortedSegmentSum', (call) => {
    const x = call.input('x')
    const ids = call.input('segmentIds')
    const shape = [call.number('numSegments'), ...x.shape.slice(1)]
    return call.record(`${shape}`, [x, ids], shape, x.dtype, (g, [v, i]) =>
      g.value(scatterAdd(g, g.reshapeRaw(g.logical(i!), [...ids.shape, 1]), g.logical(v!), shape), shape),
    )
  }),
  kernel('OneHot', (call) => {
    const indices = call.input('indices')
    const depth = call.number('depth')
    const on = call.number('onValue')
    const off = call.number('offValue')
    const dtype = call.dtype('dtype', 'int32')
    const shape = [...indices.shape, depth]
    // Compared with 0..depth-1: an index outside, negative ones included, lights nothing. ONNX's own OneHot wraps those.
    return call.record(`${depth};${numberKey(on)};${numberKey(off)};${dtype}`, [indices], shape, dtype, (g, [i]) => {
      const type = elementType(dtype)
      const positions = g.graph.constant(
        Int32Array.from({ length: depth }, (_, k) => k),
        [depth],
        'int32',
      )
      const column = g.reshapeRaw(g.logical(i!), [...indices.shape, 1])
      const hit = g.node('Equal', [column, positions], shape, 'bool')
      return g.value(g.node('Where', [hit, g.graph.scalar(on, type), g.graph.scalar(off, type)], shape, type), shape)
    })
  }),
  kernel('TopK', (call) => {
    const x = call.input('x')
    const k = call.number('k')
    const sorted = call.flag('sorted') ? 1 : 0
    const shape = [...x.shape.slice(0, -1), k]
    const outputs = [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' as const },
    ]
    return call.backend.record(call.name, `${k};${sorted}`, [x], outputs, (g, [v]) => {
      const raw = g.logical(v!)
      const [values, found] = g.graph.nodes_(
        'TopK',
        [raw, g.integers([k])],
        [
          { dims: shape, type: raw.type },
          { dims: shape, type: 'int64' },
        ],
        { axis: shape.length - 1, largest: 1, sorted },
      )
      return [g.value(values!, shape), g.value(g.node('Cast', [found!], shape, 'int32', { to: 6 }), shape)]
    })
  }),
  kernel('Range', (call) => {
    const dtype = call.dtype('dtype', 'float32')
    return fromHost(
      call,
      range(call.number('start'), call.number('stop'), call.number('step'), dtype === 'int32'),
      dtype,
    )
  }),
  kernel('LinSpace', (call) => {
    const start = call.number('start')
    const num = call.number('num')
    const step = (call.number('stop') - start) / (num - 1)
    // Summed up as tfjs does, so that the last digits agree.
    const values = new Array<number>(num).fill(start)
    for (let i = 1; i < num; i++) values[i] = values[i - 1]! + step
    return fromHost(call, values, 'float32')
  }),
]

/** start, start + step, … short of stop. */
function range(start: number, stop: number, step: number, whole: boolean): number[] {
  const count = start === stop || start < stop !== step > 0 ? 0 : Math.abs(Math.ceil((stop - start) / step))
  const values = new Array<number>(count).fill(start)
  const round = whole ? Math.trunc : (v: number) => v
  for (let i = 1; i < count; i++) values[i] = round(values[i - 1]! + step)
  return values
}

/** Values that the host knows: a tensor, no kernel. */
function fromHost(call: Call, values: readonly number[], dtype: DataType): TensorInfo {
  const shape = [values.length]
  const typed = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)
  return { dataId: call.backend.write(typed, shape, dtype), shape, dtype }
}
