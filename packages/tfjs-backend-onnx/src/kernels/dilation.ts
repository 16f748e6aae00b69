import { backend_util } from '@tensorflow/tfjs-core'
import { spread, type Windows, windowKey, windows } from '../convolution/windows.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { pair, uniformPadding } from './conv-attributes.ts'
import { NCHW } from './shapes.ts'

/** Grey dilation: each output is the greatest of x + filter over its window, channel by channel. */
interface Dilation extends Windows {
  readonly inShape: readonly number[]
  readonly outShape: readonly number[]
}

function dilation(call: Call): Dilation {
  const [x, filter] = [call.input('x').shape, call.input('filter').shape]
  const { padInfo, ...info } = backend_util.computeDilation2DInfo(
    [x[0]!, x[1]!, x[2]!, x[3]!],
    [filter[0]!, filter[1]!, filter[2]!],
    pair(call.numbers('strides')),
    uniformPadding(call),
    'NHWC',
    pair(call.numbers('dilations')),
  )
  return {
    ...windows({
      input: x.slice(1, 3),
      output: info.outShape.slice(1, 3),
      kernel: filter.slice(0, 2),
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      before: [padInfo.top, padInfo.left],
    }),
    inShape: x,
    outShape: info.outShape,
  }
}

/** Below all that a sum with a filter's element can reach; borders take no part. */
const LOW = -3e38

/** For each element of the filter, row by row, x shifted by it plus the element: [N,C,H',W'] each. */
function shiftedSums(g: Lowering, d: Dilation, x: Value, filter: Value): IrTensor[] {
  const [n, , , c] = d.inShape.map(Number)
  const size = d.input.map((length, i) => length + d.before[i]! + d.after[i]!)
  const pads = g.integers([0, 0, ...d.before, 0, 0, ...d.after])
  const padded = g.node('Pad', [g.arrange(x, NCHW), pads, g.float(LOW)], [n!, c!, ...size])
  const elements = g.reshapeRaw(g.logical(filter), [d.kernel[0]! * d.kernel[1]!, c!, 1, 1])
  return Array.from({ length: elements.dims[0]! }, (_, k) => {
    const at = [Math.floor(k / d.kernel[1]!), k % d.kernel[1]!]
    const start = at.map((p, i) => p * d.dilations[i]!)
    const end = start.map((s, i) => s + (d.output[i]! - 1) * d.strides[i]! + 1)
    const dims = [n!, c!, ...d.output]
    const range = [start, end, [2, 3], d.strides].map((v) => g.integers(v))
    const element = g.node('Slice', [elements, ...[[k], [k + 1], [0]].map((v) => g.integers(v))], [1, c!, 1, 1])
    return g.node('Add', [g.node('Slice', [padded, ...range], dims), element], dims)
  })
}

/** dy where an element of the filter was the first to give the maximum, 0 elsewhere: for each element. */
function shares(g: Lowering, sums: readonly IrTensor[], dy: IrTensor): IrTensor[] {
  const { dims } = dy
  const greatest = g.node('Max', [...sums], dims)
  let open: IrTensor | null = null
  return sums.map((sum) => {
    const reached = g.node('Equal', [sum, greatest], dims, 'bool')
    const first: IrTensor = open ? g.node('And', [reached, open], dims, 'bool') : reached
    const not: IrTensor = g.node('Not', [reached], dims, 'bool')
    open = open ? g.node('And', [open, not], dims, 'bool') : not
    return g.node('Where', [first, dy, g.float(0)], dims)
  })
}

export const dilationKernels: readonly Kernel[] = [
  kernel('Dilation2D', (call) => {
    const d = dilation(call)
    return call.record(windowKey(d), [call.input('x'), call.input('filter')], d.outShape, 'float32', (g, [x, f]) => {
      const sums = shiftedSums(g, d, x!, f!)
      return g.value(g.node('Max', sums, sums[0]!.dims), d.outShape, NCHW)
    })
  }),
  kernel('Dilation2DBackpropInput', (call) => {
    const d = dilation(call)
    const inputs = [call.input('x'), call.input('filter'), call.input('dy')]
    return call.record(windowKey(d), inputs, d.inShape, 'float32', (g, [x, f, vdy]) => {
      const dy = g.arrange(vdy!, NCHW)
      const [n, c] = dy.dims
      const taps = d.kernel[0]! * d.kernel[1]!
      const parts = shares(g, shiftedSums(g, d, x!, f!), dy).map((raw) => g.reshapeRaw(raw, [n!, c!, 1, ...d.output]))
      const all = g.node('Concat', parts, [n!, c!, taps, ...d.output], 'float32', { axis: 2 })
      // A filter for each channel and element: 1 at that element's place, so that its share is put there.
      const places = g.table(
        `places${c},${d.kernel}`,
        () =>
          Float32Array.from({ length: c! * taps * taps }, (_, i) => (Math.floor(i / taps) % taps === i % taps ? 1 : 0)),
        [c! * taps, 1, ...d.kernel],
      )
      return g.value(spread(g, d, g.reshapeRaw(all, [n!, c! * taps, ...d.output]), places, c!, c!), d.inShape, NCHW)
    })
  }),
  kernel('Dilation2DBackpropFilter', (call) => {
    const d = dilation(call)
    const { shape } = call.input('filter')
    const inputs = [call.input('x'), call.input('filter'), call.input('dy')]
    return call.record(windowKey(d), inputs, shape, 'float32', (g, [x, f, vdy]) => {
      const sums = shares(g, shiftedSums(g, d, x!, f!), g.arrange(vdy!, NCHW)).map((raw) =>
        g.node('ReduceSum', [raw, g.integers([0, 2, 3])], [1, shape[2]!, 1, 1], 'float32', { keepdims: 1 }),
      )
      const all = g.node('Concat', sums, [sums.length, shape[2]!, 1, 1], 'float32', { axis: 0 })
      return g.value(g.reshapeRaw(all, shape), shape)
    })
  }),
]
