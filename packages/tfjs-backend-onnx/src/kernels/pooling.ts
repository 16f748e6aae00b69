import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import { planesOf, spread, type Windows, windowAttributes, windowKey, windows } from '../convolution/windows.ts'
import { sizeOf } from '../ir/shape.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { padding, pair, rounding, triple, uniformPadding } from './conv-attributes.ts'
import { NCHW } from './shapes.ts'

/** A pooling over the axes of space of tfjs' [N,H,W,C] or [N,D,H,W,C]. */
interface Pooling extends Windows {
  readonly inShape: readonly number[]
  readonly outShape: readonly number[]
}

function pooling(call: Call, x: readonly number[]): Pooling {
  return x.length === 5 ? pooling3d(call, x) : pooling2d(call, x)
}

function pooling2d(call: Call, x: readonly number[]): Pooling {
  const { padInfo, ...info } = backend_util.computePool2DInfo(
    [x[0]!, x[1]!, x[2]!, x[3]!],
    pair(call.numbers('filterSize')),
    pair(call.numbers('strides')),
    1,
    padding(call),
    rounding(call),
  )
  const kernel = [info.filterHeight, info.filterWidth]
  const strides = [info.strideHeight, info.strideWidth]
  return over(x, info.outShape, kernel, strides, [padInfo.top, padInfo.left])
}

function pooling3d(call: Call, x: readonly number[]): Pooling {
  const { padInfo, ...info } = backend_util.computePool3DInfo(
    [x[0]!, x[1]!, x[2]!, x[3]!, x[4]!],
    triple(call.numbers('filterSize')),
    triple(call.numbers('strides')),
    1,
    uniformPadding(call),
    rounding(call),
  )
  const kernel = [info.filterDepth, info.filterHeight, info.filterWidth]
  const strides = [info.strideDepth, info.strideHeight, info.strideWidth]
  return over(x, info.outShape, kernel, strides, [padInfo.front, padInfo.top, padInfo.left])
}

function over(
  inShape: readonly number[],
  outShape: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  before: readonly number[],
): Pooling {
  const [input, output] = [inShape.slice(1, -1), outShape.slice(1, -1)]
  return {
    ...windows({ input, output, kernel, strides, dilations: kernel.map(() => 1), before }),
    inShape,
    outShape,
  }
}

/** The shape as it lies in memory channel by channel: [N,C,…space]. */
function planes(shape: readonly number[]): number[] {
  return planesOf(shape.length).map((axis) => shape[axis]!)
}

function pool(name: string, op: string, extra: Readonly<Record<string, number>>): Kernel {
  return kernel(name, (call) => {
    const x = call.input('x')
    const p = pooling(call, x.shape)
    const order = planesOf(x.shape.length)
    return call.record(windowKey(p), [x], p.outShape, 'float32', (g, [v]) =>
      g.value(
        g.node(op, [g.arrange(v!, order)], planes(p.outShape), 'float32', { ...windowAttributes(p), ...extra }),
        p.outShape,
        order,
      ),
    )
  })
}

/** One over the number of positions of the input that each output's window covers: the divisor of its mean. */
function shares({ input, output, kernel, strides, before }: Windows): Float32Array {
  const covered = input.map((length, i) =>
    Array.from({ length: output[i]! }, (_, o) => {
      const start = o * strides[i]! - before[i]!
      return Math.min(start + kernel[i]!, length) - Math.max(start, 0)
    }),
  )
  const counts = covered.reduce((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1])
  return Float32Array.from(counts, (count) => 1 / count)
}

/**
 * The adjoint of average pooling: each output's gradient, divided by the positions it averaged, goes to all of them. That is a
 * transposed convolution, channel by channel, with a filter of ones. (tfjs' CPU backend divides by the whole window also at
 * borders, which is not the gradient of its own forward pass.)
 */
function averageGradient(g: Lowering, p: Pooling, dy: IrTensor): IrTensor {
  const channels = p.outShape.at(-1)!
  const factors = g.graph.constant(shares(p), [1, 1, ...p.output], 'float32')
  const shared = g.node('Mul', [dy, factors], dy.dims)
  const tiled = p.kernel.every((k, i) => k === p.strides[i] && p.input[i] === p.output[i]! * k)
  if (tiled && p.before.every((b) => b === 0)) {
    const scales = g.graph.constant(Float32Array.of(1, 1, ...p.kernel), [p.kernel.length + 2], 'float32')
    return g.node('Resize', [shared, null, scales], planes(p.inShape), 'float32', {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    })
  }
  const filter = [channels, 1, ...p.kernel]
  const ones = g.graph.constant(new Float32Array(sizeOf(filter)).fill(1), filter, 'float32')
  return spread(g, p, shared, ones, channels, channels)
}

/** Greatest elements of x [N,C,…space], and their places in it counted through all of its memory: int64. */
function maximaAndPlaces(g: Lowering, p: Pooling, x: IrTensor): [IrTensor, IrTensor] {
  const dims = planes(p.outShape)
  const outputs = [
    { dims, type: 'float32' as const },
    { dims, type: 'int64' as const },
  ]
  const [maxima, places] = g.graph.nodes_('MaxPool', [x], outputs, windowAttributes(p))
  return [maxima!, places!]
}

/** The gradient of max pooling goes to the first greatest element of each window, which ONNX's MaxPool can name. */
function maxGradient(g: Lowering, p: Pooling, dy: IrTensor, x: IrTensor): IrTensor {
  const [, found] = maximaAndPlaces(g, p, x)
  const size = sizeOf(p.inShape)
  const zeros = g.node('Expand', [g.float(0), g.integers([size])], [size])
  const flat = (raw: IrTensor) => g.reshapeRaw(raw, [sizeOf(dy.dims)])
  const scattered = g.node('ScatterElements', [zeros, flat(found), flat(dy)], [size], 'float32', {
    axis: 0,
    reduction: 'add',
  })
  return g.reshapeRaw(scattered, planes(p.inShape))
}

function averageGradientKernel(name: string): Kernel {
  return kernel(name, (call): TensorInfo => {
    const dy = call.input('dy')
    const p = pooling(call, call.input('input').shape)
    const order = planesOf(dy.shape.length)
    return call.record(windowKey(p), [dy], p.inShape, 'float32', (g, [v]) =>
      g.value(averageGradient(g, p, g.arrange(v!, order)), p.inShape, order),
    )
  })
}

function maxGradientKernel(name: string): Kernel {
  return kernel(name, (call): TensorInfo => {
    const dy = call.input('dy')
    const x = call.input('input')
    const p = pooling(call, x.shape)
    const order = planesOf(x.shape.length)
    return call.record(windowKey(p), [dy, x], p.inShape, 'float32', (g, [vdy, vx]) =>
      g.value(maxGradient(g, p, g.arrange(vdy!, order), g.arrange(vx!, order)), p.inShape, order),
    )
  })
}

/** Where in [H,W,C], or in [N,H,W,C], each maximum stands, of places counted through [N,C,H,W]. */
function placesInPixels(g: Lowering, p: Pooling, places: IrTensor, withBatch: boolean): IrTensor {
  const [n, h, w, c] = p.inShape.map(Number)
  const pixels = h! * w!
  const within = g.node('Mod', [places, g.graph.scalar(pixels, 'int64')], places.dims, 'int64')
  const first = BigInt64Array.from({ length: n! * c! }, (_, i) =>
    BigInt((i % c!) + (withBatch ? Math.floor(i / c!) * pixels * c! : 0)),
  )
  const offsets = g.graph.constant(first, [n!, c!, 1, 1], 'int64')
  const scaled = g.node('Mul', [within, g.graph.scalar(c!, 'int64')], places.dims, 'int64')
  const sum = g.node('Add', [scaled, offsets], places.dims, 'int64')
  return g.node('Cast', [sum], places.dims, 'int32', { to: 6 })
}

export const poolingKernels: readonly Kernel[] = [
  pool('AvgPool', 'AveragePool', { count_include_pad: 0 }),
  pool('AvgPool3D', 'AveragePool', { count_include_pad: 0 }),
  pool('MaxPool', 'MaxPool', {}),
  pool('MaxPool3D', 'MaxPool', {}),
  averageGradientKernel('AvgPoolGrad'),
  averageGradientKernel('AvgPool3DGrad'),
  maxGradientKernel('MaxPoolGrad'),
  maxGradientKernel('MaxPool3DGrad'),
  kernel('MaxPoolWithArgmax', (call) => {
    const x = call.input('x')
    const p = pooling(call, x.shape)
    const withBatch = call.flag('includeBatchInIndex')
    const outputs = [
      { shape: p.outShape, dtype: 'float32' as const },
      { shape: p.outShape, dtype: 'int32' as const },
    ]
    return call.backend.record(call.name, `${windowKey(p)};${withBatch}`, [x], outputs, (g, [v]) => {
      const [maxima, places] = maximaAndPlaces(g, p, g.arrange(v!, NCHW))
      return [maxima, placesInPixels(g, p, places, withBatch)].map((raw) => g.value(raw, p.outShape, NCHW))
    })
  }),
]
