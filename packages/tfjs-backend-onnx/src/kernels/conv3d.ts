import { backend_util } from '@tensorflow/tfjs-core'
import { planesOf, spread, type Windows, windowAttributes, windowKey, windows } from '../convolution/windows.ts'
import type { Permutation } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { triple, uniformPadding } from './conv-attributes.ts'

/** A convolution over volumes [N,D,H,W,C] by filters [d,h,w,in,out]. */
interface Convolution extends Windows {
  readonly inShape: readonly number[]
  readonly outShape: readonly number[]
  readonly filterShape: readonly number[]
}

/** In memory: N, C, D, H, W. */
const NCDHW = planesOf(5)
/** Channels first and images second, so that a sum over images is one over channels. */
const CNDHW: Permutation = [4, 0, 1, 2, 3]
/** A filter's axes d, h, w, in, out stand as out, in, d, h, w. */
const OIDHW: Permutation = [4, 3, 0, 1, 2]

function convolution(call: Call, x: readonly number[], filter: readonly number[]): Convolution {
  const { padInfo, ...info } = backend_util.computeConv3DInfo(
    [x[0]!, x[1]!, x[2]!, x[3]!, x[4]!],
    [filter[0]!, filter[1]!, filter[2]!, filter[3]!, filter[4]!],
    triple(call.numbers('strides')),
    triple(call.numbers('dilations', [1])),
    uniformPadding(call),
  )
  return {
    ...windows({
      input: x.slice(1, -1),
      output: info.outShape.slice(1, -1),
      kernel: filter.slice(0, 3),
      strides: [info.strideDepth, info.strideHeight, info.strideWidth],
      dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
      before: [padInfo.front, padInfo.top, padInfo.left],
    }),
    inShape: x,
    outShape: info.outShape,
    filterShape: filter,
  }
}

const lying = (shape: readonly number[], order: Permutation) => order.map((axis) => shape[axis]!)

/** dL/dfilter: x convolved by dy, with images as channels; strides and dilations change places. Comes out as [in,out,d,h,w]. */
function filterGradient(g: Lowering, c: Convolution, x: Value, dy: Value): IrTensor {
  const length = (i: number) => {
    const room = c.input[i]! + c.before[i]! + c.after[i]! - (c.output[i]! - 1) * c.strides[i]! - 1
    return Math.floor(room / c.dilations[i]!) + 1
  }
  const lengths = c.kernel.map((_, i) => length(i))
  const channels = [c.filterShape[3]!, c.filterShape[4]!]
  const raw = g.node('Conv', [g.arrange(x, CNDHW), g.arrange(dy, CNDHW)], [...channels, ...lengths], 'float32', {
    kernel_shape: c.output,
    strides: c.dilations,
    dilations: c.strides,
    pads: [...c.before, ...c.after],
  })
  // Elements that no window reached make the result longer than the filter.
  if (lengths.every((l, i) => l === c.kernel[i])) return raw
  return g.node(
    'Slice',
    [raw, g.integers([0, 0, 0]), g.integers(c.kernel), g.integers([2, 3, 4])],
    [...channels, ...c.kernel],
  )
}

export const conv3dKernels: readonly Kernel[] = [
  kernel('Conv3D', (call) => {
    const x = call.input('x')
    const filter = call.input('filter')
    const c = convolution(call, x.shape, filter.shape)
    return call.record(windowKey(c), [x, filter], c.outShape, 'float32', (g, [vx, vf]) => {
      const attributes = { ...windowAttributes(c), dilations: c.dilations }
      const operands = [g.arrange(vx!, NCDHW), g.arrange(vf!, OIDHW)]
      return g.value(g.node('Conv', operands, lying(c.outShape, NCDHW), 'float32', attributes), c.outShape, NCDHW)
    })
  }),
  kernel('Conv3DBackpropInputV2', (call) => {
    const dy = call.input('dy')
    const filter = call.input('filter')
    const c = convolution(call, call.numbers('inputShape'), filter.shape)
    return call.record(windowKey(c), [dy, filter], c.inShape, 'float32', (g, [vdy, vf]) =>
      g.value(spread(g, c, g.arrange(vdy!, NCDHW), g.arrange(vf!, OIDHW), c.inShape[4]!), c.inShape, NCDHW),
    )
  }),
  kernel('Conv3DBackpropFilterV2', (call) => {
    const x = call.input('x')
    const dy = call.input('dy')
    const c = convolution(call, x.shape, call.numbers('filterShape'))
    return call.record(windowKey(c), [x, dy], c.filterShape, 'float32', (g, [vx, vdy]) =>
      g.value(filterGradient(g, c, vx!, vdy!), c.filterShape, [3, 4, 0, 1, 2]),
    )
  }),
]
