import { backend_util, slice_util, util } from '@tensorflow/tfjs-core'
import { identity, type Permutation } from '../ir/permutation.ts'
import { sizeOf } from '../ir/shape.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { numberKey } from '../lowering/node-key.ts'
import { type Call, type Kernel, kernel } from './call.ts'

/** Axes of a value in memory order, given something for each logical axis. */
function physical<T>(value: Value, perLogicalAxis: readonly T[]): T[] {
  return value.perm.map((axis) => perLogicalAxis[axis]!)
}

/** Elements begin, begin + stride, … of each logical axis. Axes taken whole stay lazy; the others are cut in one Slice. */
export function slice(
  g: Lowering,
  input: Value,
  begin: readonly number[],
  size: readonly number[],
  strides: readonly number[] = begin.map(() => 1),
): Value {
  const shape = [...size]
  if (sizeOf(input.raw.dims) === 1) return g.uniform(input.raw, shape)
  const axes: number[] = []
  const starts: number[] = []
  const ends: number[] = []
  const steps: number[] = []
  const dims = [...input.raw.dims]
  input.perm.forEach((axis, p) => {
    if (input.raw.dims[p] === 1 && size[axis]! > 0) return
    const step = strides[axis]!
    if (begin[axis] === 0 && size[axis] === input.shape[axis] && step === 1) return
    axes.push(p)
    starts.push(begin[axis]!)
    const last = begin[axis]! + step * size[axis]!
    // Running backwards past the first element is -1 + -length: a plain -1 would mean the last element.
    ends.push(last < 0 ? last - input.shape[axis]! : last)
    steps.push(step)
    dims[p] = size[axis]!
  })
  if (axes.length === 0) return { raw: input.raw, shape, perm: input.perm }
  const raw = g.node(
    'Slice',
    [input.raw, ...[starts, ends, axes, steps].map((v) => g.integers(v))],
    dims,
    input.raw.type,
  )
  return { raw, shape, perm: input.perm }
}

/** Values side by side along a logical axis, in the order of memory of the largest. */
export function concat(g: Lowering, values: readonly Value[], axis: number, shape: readonly number[]): Value {
  const perm = leadingOrder(values, shape.length)
  const raws = values.filter((v) => v.shape[axis] !== 0).map((v) => g.arrange(v, perm))
  const raw = g.node(
    'Concat',
    raws,
    perm.map((a) => shape[a]!),
    raws[0]!.type,
    { axis: perm.indexOf(axis) },
  )
  return g.value(raw, shape, perm)
}

/** Parts of given shapes, one behind the other along a logical axis. */
function split(g: Lowering, value: Value, axis: number, shapes: readonly (readonly number[])[]): Value[] {
  const { raw, perm } = value
  const lengths = shapes.map((shape) => shape[axis]!)
  const at = perm.indexOf(axis)
  if (shapes.length > 1 && sizeOf(raw.dims) > 1 && raw.dims[at] !== 1 && !lengths.includes(0)) {
    const parts = lengths.map((length) => ({ dims: raw.dims.map((d, p) => (p === at ? length : d)), type: raw.type }))
    const raws = g.graph.nodes_('Split', [raw, g.integers(lengths)], parts, { axis: at })
    return raws.map((part, i) => ({ raw: part, shape: shapes[i]!, perm }))
  }
  let from = 0
  return shapes.map((shape, i) => {
    const begin = shape.map((_, a) => (a === axis ? from : 0))
    from += lengths[i]!
    return slice(g, value, begin, shape)
  })
}

/** Constant borders around a value, in its own order of memory. */
export function pad(g: Lowering, input: Value, pads: readonly (readonly [number, number])[], fill: number): Value {
  const value = g.full(input)
  const ordered = physical(value, pads)
  const shape = value.shape.map((d, axis) => d + pads[axis]![0] + pads[axis]![1])
  if (value.raw.dims.length === 0 || pads.every(([a, b]) => a === 0 && b === 0)) return { ...value, shape }
  const amounts = g.integers([...ordered.map(([a]) => a), ...ordered.map(([, b]) => b)])
  const raw = g.node(
    'Pad',
    [value.raw, amounts, g.graph.scalar(fill, value.raw.type)],
    physical({ ...value, shape }, shape),
    value.raw.type,
  )
  return { raw, shape, perm: value.perm }
}

/** The order of memory of the largest value, for operations that need all of them alike. */
function leadingOrder(values: readonly Value[], rank: number): Permutation {
  let leader: Value | null = null
  for (const v of values) {
    if (v.raw.dims.length === rank && (leader === null || sizeOf(v.raw.dims) > sizeOf(leader.raw.dims))) leader = v
  }
  return leader?.perm ?? identity(rank)
}

/** Repeats a value `reps` times along its axes; axes of length 1 repeat lazily. */
function tile(g: Lowering, value: Value, reps: readonly number[]): Value {
  const shape = value.shape.map((d, axis) => d * reps[axis]!)
  if (sizeOf(value.raw.dims) === 1) return g.uniform(value.raw, shape)
  const lazy = value.perm.map((axis, p) => value.raw.dims[p] === 1 && reps[axis]! > 0)
  const counts = value.perm.map((axis, p) => (lazy[p] ? 1 : reps[axis]!))
  if (counts.every((c) => c === 1)) return { raw: value.raw, shape, perm: value.perm }
  const dims = value.raw.dims.map((d, p) => d * counts[p]!)
  return { raw: g.node('Tile', [value.raw, g.integers(counts)], dims, value.raw.type), shape, perm: value.perm }
}

/** Sizes of the parts that SplitV makes; one may be -1, a number means equal parts. */
function splitSizes(call: Call, length: number): number[] {
  const asked = call.attribute('numOrSizeSplits')
  if (typeof asked === 'number') return new Array<number>(asked).fill(length / asked)
  const sizes = call.numbers('numOrSizeSplits')
  const known = sizes.reduce((sum, s) => sum + Math.max(s, 0), 0)
  return sizes.map((s) => (s < 0 ? length - known : s))
}

/** [N, …blocks…] batch and block axes interleaved, as space-to-batch and its inverse are reshapes and one transpose. */
function spaceToBatch(
  g: Lowering,
  x: Value,
  block: readonly number[],
  pads: readonly (readonly [number, number])[],
): Value {
  const rest = x.shape.slice(1 + block.length).map((): [number, number] => [0, 0])
  const padded = pad(g, x, [[0, 0], ...pads, ...rest], 0)
  const apart = backend_util.getReshaped([...padded.shape], [...block], sizeOf(block), false)
  const order = backend_util.getPermuted(apart.length, block.length, false)
  const shape = backend_util.getReshapedPermuted([...padded.shape], [...block], sizeOf(block), false)
  return g.reshape(g.transpose(g.reshape(padded, apart), order), shape)
}

function batchToSpace(
  g: Lowering,
  x: Value,
  block: readonly number[],
  crops: readonly (readonly [number, number])[],
): Value {
  const apart = backend_util.getReshaped([...x.shape], [...block], sizeOf(block))
  const order = backend_util.getPermuted(apart.length, block.length)
  const whole = backend_util.getReshapedPermuted([...x.shape], [...block], sizeOf(block))
  const pairs = crops.map((c) => [...c])
  const rest = whole.slice(1 + block.length)
  const begin = [...backend_util.getSliceBeginCoords(pairs, block.length), ...rest.map(() => 0)]
  const size = [...backend_util.getSliceSize(whole, pairs, block.length), ...rest]
  return slice(g, g.reshape(g.transpose(g.reshape(x, apart), order), whole), begin, size)
}

export const shapeKernels: readonly Kernel[] = [
  kernel('Identity', (call) => call.alias(call.input('x'))),
  kernel('Reshape', (call) => {
    const x = call.input('x')
    return call.alias(x, util.inferFromImplicitShape(call.numbers('shape'), sizeOf(x.shape)))
  }),
  kernel('ExpandDims', (call) => {
    const x = call.input('input')
    const shape = [...x.shape]
    const dim = call.number('dim')
    shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1)
    return call.alias(x, shape)
  }),
  kernel('Transpose', (call) => {
    const x = call.input('x')
    const perm = call.numbers('perm')
    return call.record(
      `${perm}`,
      [x],
      perm.map((axis) => x.shape[axis]!),
      x.dtype,
      (g, [v]) => g.transpose(v!, perm),
    )
  }),
  kernel('BroadcastTo', (call) => {
    const x = call.input('x')
    const shape = call.numbers('shape')
    return call.record(`${shape}`, [x], shape, x.dtype, (g, [v]) => {
      const wide = g.widen(v!, shape.length)
      return { raw: wide.raw, shape, perm: wide.raw.dims.length === shape.length ? wide.perm : identity(shape.length) }
    })
  }),
  kernel('Slice', (call) => {
    const x = call.input('x')
    const [begin, size] = slice_util.parseSliceParams(x, call.numbers('begin'), call.numbers('size', []))
    slice_util.assertParamsValid(x, begin!, size!)
    return call.record(`${begin};${size}`, [x], size!, x.dtype, (g, [v]) => slice(g, v!, begin!, size!))
  }),
  kernel('StridedSlice', (call) => {
    const x = call.input('x')
    const masks = ['beginMask', 'endMask', 'ellipsisMask', 'newAxisMask', 'shrinkAxisMask'].map((m) =>
      call.number(m, 0),
    )
    const info = slice_util.sliceInfo(
      x.shape,
      call.numbers('begin'),
      call.numbers('end'),
      call.numbers('strides'),
      masks[0]!,
      masks[1]!,
      masks[2]!,
      masks[3]!,
      masks[4]!,
    )
    const size = slice_util.computeOutShape(info.begin, info.end, info.strides).map((d) => Math.max(d, 0))
    // A row and a column of a square begin alike and have the same final shape: only the size tells them apart.
    const key = `${info.begin};${size};${info.strides};${info.finalShape}`
    return call.record(key, [x], info.finalShape, x.dtype, (g, [v]) =>
      g.reshape(slice(g, v!, info.begin, size, info.strides), info.finalShape),
    )
  }),
  kernel('Concat', (call) => {
    const inputs = call.list()
    const axis = util.parseAxisParam(call.number('axis'), inputs[0]!.shape)[0]!
    const shape = backend_util.computeOutShape(
      inputs.map((t) => t.shape),
      axis,
    )
    if (sizeOf(shape) === 0) return call.backend.filled(shape, inputs[0]!.dtype, 0)
    return call.record(`${axis}`, inputs, shape, inputs[0]!.dtype, (g, values) => concat(g, values, axis, shape))
  }),
  kernel('Pack', (call) => {
    const inputs = call.list()
    const first = inputs[0]!
    const axis = call.number('axis')
    const at = axis < 0 ? axis + first.shape.length + 1 : axis
    const single = [...first.shape.slice(0, at), 1, ...first.shape.slice(at)]
    const shape = single.map((d, i) => (i === at ? inputs.length : d))
    return call.record(`${at}`, inputs, shape, first.dtype, (g, values) =>
      concat(
        g,
        values.map((v) => g.reshape(v, single)),
        at,
        shape,
      ),
    )
  }),
  kernel('Unpack', (call) => {
    const x = call.input('value')
    const axis = util.parseAxisParam(call.number('axis'), x.shape)[0]!
    const shape = x.shape.filter((_, i) => i !== axis)
    const outputs = new Array(x.shape[axis]!).fill({ shape, dtype: x.dtype })
    return call.backend.record(call.name, `${axis}`, [x], outputs, (g, [v]) =>
      outputs.map((_, i) => {
        const begin = x.shape.map((_, a) => (a === axis ? i : 0))
        const size = x.shape.map((d, a) => (a === axis ? 1 : d))
        return g.reshape(slice(g, v!, begin, size), shape)
      }),
    )
  }),
  kernel('SplitV', (call) => {
    const x = call.input('x')
    const axis = util.parseAxisParam(call.number('axis'), x.shape)[0]!
    const sizes = splitSizes(call, x.shape[axis]!)
    const shapes = sizes.map((s) => x.shape.map((d, a) => (a === axis ? s : d)))
    const outputs = shapes.map((shape) => ({ shape, dtype: x.dtype }))
    return call.backend.record(call.name, `${axis};${sizes}`, [x], outputs, (g, [v]) => split(g, v!, axis, shapes))
  }),
  kernel('PadV2', (call) => {
    const x = call.input('x')
    const pads = call.pairs('paddings')
    const fill = call.number('constantValue', 0)
    const shape = x.shape.map((d, i) => d + pads[i]![0] + pads[i]![1])
    return call.record(`${pads};${numberKey(fill)}`, [x], shape, x.dtype, (g, [v]) => pad(g, v!, pads, fill))
  }),
  kernel('MirrorPad', (call) => {
    const x = call.input('x')
    const pads = call.pairs('paddings')
    const edge = call.text('mode') === 'symmetric' ? 0 : 1
    const shape = x.shape.map((d, i) => d + pads[i]![0] + pads[i]![1])
    // Mirrored rows and columns are gathered: ONNX's reflect mode is only the variant that does not repeat the edge.
    return call.record(`${pads};${edge}`, [x], shape, x.dtype, (g, [v]) => {
      let value = g.full(v!)
      for (const [axis, [before, after]] of pads.entries()) {
        if (before === 0 && after === 0) continue
        const length = x.shape[axis]!
        const indices = Array.from({ length: before + length + after }, (_, i) => {
          const at = i - before
          return at < 0 ? -at - 1 + edge : at >= length ? 2 * length - at - 1 - edge : at
        })
        value = gather(g, value, indices, axis)
      }
      return value
    })
  }),
  kernel('Tile', (call) => {
    const x = call.input('x')
    const reps = call.numbers('reps')
    return call.record(
      `${reps}`,
      [x],
      x.shape.map((d, i) => d * reps[i]!),
      x.dtype,
      (g, [v]) => tile(g, v!, reps),
    )
  }),
  kernel('Reverse', (call) => {
    const x = call.input('x')
    const axes = util.parseAxisParam(call.numbers('dims'), x.shape)
    if (x.shape.length === 0) return call.alias(x)
    return call.record(`${axes}`, [x], x.shape, x.dtype, (g, [v]) =>
      slice(
        g,
        v!,
        x.shape.map((d, a) => (axes.includes(a) ? d - 1 : 0)),
        x.shape,
        x.shape.map((_, a) => (axes.includes(a) ? -1 : 1)),
      ),
    )
  }),
  kernel('SpaceToBatchND', (call) => {
    const x = call.input('x')
    const block = call.numbers('blockShape')
    const pads = call.pairs('paddings')
    const shape = [
      x.shape[0]! * sizeOf(block),
      ...block.map((b, i) => (x.shape[i + 1]! + pads[i]![0] + pads[i]![1]) / b),
      ...x.shape.slice(1 + block.length),
    ]
    return call.record(`${block};${pads}`, [x], shape, x.dtype, (g, [v]) => spaceToBatch(g, v!, block, pads))
  }),
  kernel('BatchToSpaceND', (call) => {
    const x = call.input('x')
    const block = call.numbers('blockShape')
    const crops = call.pairs('crops')
    const shape = [
      x.shape[0]! / sizeOf(block),
      ...block.map((b, i) => x.shape[i + 1]! * b - crops[i]![0] - crops[i]![1]),
      ...x.shape.slice(1 + block.length),
    ]
    return call.record(`${block};${crops}`, [x], shape, x.dtype, (g, [v]) => batchToSpace(g, v!, block, crops))
  }),
  kernel('DepthToSpace', (call) => {
    const x = call.input('x')
    const b = call.number('blockSize')
    const first = call.text('dataFormat', 'NHWC') === 'NCHW'
    const [n, h, w, c] = first
      ? [x.shape[0]!, x.shape[2]!, x.shape[3]!, x.shape[1]!]
      : [x.shape[0]!, x.shape[1]!, x.shape[2]!, x.shape[3]!]
    const depth = c / (b * b)
    const shape = first ? [n, depth, h * b, w * b] : [n, h * b, w * b, depth]
    // Channels are [row in block, column in block, depth], ONNX's DCR order.
    return call.record(`${b};${first}`, [x], shape, x.dtype, (g, [v]) => {
      const raw = g.node(
        'DepthToSpace',
        [g.arrange(v!, first ? identity(4) : NCHW)],
        [n, depth, h * b, w * b],
        v!.raw.type,
        { blocksize: b, mode: 'DCR' },
      )
      return first ? { raw, shape, perm: identity(4) } : g.value(raw, shape, NCHW)
    })
  }),
]

/** Physical order of an image that lies channel by channel: axes N, H, W, C of tfjs stand as N, C, H, W. */
export const NCHW: Permutation = [0, 3, 1, 2]

/** Elements of one logical axis, picked by constant indices. */
export function gather(g: Lowering, input: Value, indices: readonly number[], axis: number): Value {
  const v = g.full(input)
  const p = v.perm.indexOf(axis)
  const dims = v.raw.dims.map((d, i) => (i === p ? indices.length : d))
  const raw = g.node('Gather', [v.raw, g.integers(indices)], dims, v.raw.type, { axis: p })
  return { raw, shape: v.shape.map((d, a) => (a === axis ? indices.length : d)), perm: v.perm }
}
