import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Lowering } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { padding, pair, rounding } from './conv-attributes.ts'
import { NCHW } from './shapes.ts'

type PoolInfo = ReturnType<typeof backend_util.computePool2DInfo>

function poolInfo(call: Call, x: readonly number[]): PoolInfo {
  return backend_util.computePool2DInfo(
    [x[0]!, x[1]!, x[2]!, x[3]!],
    pair(call.numbers('filterSize')),
    pair(call.numbers('strides')),
    1,
    padding(call),
    rounding(call),
  )
}

function pads(info: PoolInfo): [number, number, number, number] {
  const { top, left, bottom, right } = info.padInfo
  return [top, left, bottom, right]
}

function attributes(info: PoolInfo) {
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: pads(info),
  }
}

function keyOf(info: PoolInfo): string {
  const a = attributes(info)
  return `${a.kernel_shape};${a.strides};${a.pads};${info.inShape};${info.outShape}`
}

/** Physical [N,C,H,W] of a tfjs shape [N,H,W,C]. */
function planes([n, h, w, c]: readonly number[]): number[] {
  return [n!, c!, h!, w!]
}

function pool(name: string, op: string, extra: Readonly<Record<string, number>>): Kernel {
  return kernel(name, (call) => {
    const x = call.input('x')
    const info = poolInfo(call, x.shape)
    return call.record(keyOf(info), [x], info.outShape, 'float32', (g, [v]) =>
      g.value(
        g.node(op, [g.arrange(v!, NCHW)], planes(info.outShape), 'float32', { ...attributes(info), ...extra }),
        info.outShape,
        NCHW,
      ),
    )
  })
}

/** How many pixels of the image each output's window covers: the divisor of its mean. */
function windowCounts(info: PoolInfo): Float32Array {
  const [top, left] = pads(info)
  const along = (out: number, stride: number, filter: number, before: number, length: number) =>
    Array.from({ length: out }, (_, i) => {
      const start = i * stride - before
      return Math.min(start + filter, length) - Math.max(start, 0)
    })
  const rows = along(info.outHeight, info.strideHeight, info.filterHeight, top, info.inHeight)
  const columns = along(info.outWidth, info.strideWidth, info.filterWidth, left, info.inWidth)
  return Float32Array.from(rows.flatMap((r) => columns.map((c) => 1 / (r * c))))
}

/**
 * The adjoint of average pooling: each output's gradient, divided by the pixels it averaged, goes to all of them. That is a
 * transposed convolution, channel by channel, with a filter of ones. (tfjs' CPU backend divides by the whole window also at
 * borders, which is not the gradient of its own forward pass.)
 */
function averageGradient(g: Lowering, info: PoolInfo, dy: Raw): Raw {
  const channels = info.outChannels
  const shares = g.graph.constant(windowCounts(info), [1, 1, info.outHeight, info.outWidth], 'float32')
  const shared = g.node('Mul', [dy, shares], dy.dims)
  const [kh, kw] = [info.filterHeight, info.filterWidth]
  const tiled = kh === info.strideHeight && kw === info.strideWidth && pads(info).every((p) => p === 0)
  if (tiled && info.inHeight === info.outHeight * kh && info.inWidth === info.outWidth * kw) {
    const scales = g.graph.constant(Float32Array.of(1, 1, kh, kw), [4], 'float32')
    return g.node('Resize', [shared, null, scales], planes(info.inShape), 'float32', {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    })
  }
  return spread(g, info, shared, channels)
}

function spread(g: Lowering, info: PoolInfo, dy: Raw, channels: number): Raw {
  const ones = g.graph.constant(
    new Float32Array(channels * info.filterHeight * info.filterWidth).fill(1),
    [channels, 1, info.filterHeight, info.filterWidth],
    'float32',
  )
  const [top, left] = pads(info)
  // All windows, uncut: then the part that lies on the image.
  const height = (info.outHeight - 1) * info.strideHeight + info.filterHeight
  const width = (info.outWidth - 1) * info.strideWidth + info.filterWidth
  const whole = g.node('ConvTranspose', [dy, ones], [info.batchSize, channels, height, width], 'float32', {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    group: channels,
  })
  const missing = [Math.max(0, top + info.inHeight - height), Math.max(0, left + info.inWidth - width)]
  const grown = [info.batchSize, channels, height + missing[0]!, width + missing[1]!]
  const padded = missing.some((m) => m > 0)
    ? g.node('Pad', [whole, g.integers([0, 0, 0, 0, 0, 0, ...missing]), g.float(0)], grown)
    : whole
  const ends = [top + info.inHeight, left + info.inWidth]
  return g.node('Slice', [padded, g.integers([top, left]), g.integers(ends), g.integers([2, 3])], planes(info.inShape))
}

/** The gradient of max pooling goes to the first greatest pixel of each window, which ONNX's MaxPool can name. */
function maxGradient(g: Lowering, info: PoolInfo, dy: Raw, x: Raw): Raw {
  const [, found] = g.graph.nodes_(
    'MaxPool',
    [x],
    [
      { dims: dy.dims, type: 'float32' },
      { dims: dy.dims, type: 'int64' },
    ],
    attributes(info),
  )
  const size = info.batchSize * info.inChannels * info.inHeight * info.inWidth
  const count = dy.dims.reduce((p, d) => p * d, 1)
  const zeros = g.node('Expand', [g.float(0), g.integers([size])], [size])
  const flat = (raw: Raw) => g.reshapeRaw(raw, [count])
  const scattered = g.node('ScatterElements', [zeros, flat(found!), flat(dy)], [size], 'float32', {
    axis: 0,
    reduction: 'add',
  })
  return g.reshapeRaw(scattered, planes(info.inShape))
}

export const poolingKernels: readonly Kernel[] = [
  pool('AvgPool', 'AveragePool', { count_include_pad: 0 }),
  pool('MaxPool', 'MaxPool', {}),
  kernel('AvgPoolGrad', (call): TensorInfo => {
    const dy = call.input('dy')
    const info = poolInfo(call, call.input('input').shape)
    return call.record(keyOf(info), [dy], info.inShape, 'float32', (g, [v]) =>
      g.value(averageGradient(g, info, g.arrange(v!, NCHW)), info.inShape, NCHW),
    )
  }),
  kernel('MaxPoolGrad', (call): TensorInfo => {
    const dy = call.input('dy')
    const x = call.input('input')
    const info = poolInfo(call, x.shape)
    return call.record(keyOf(info), [dy, x], info.inShape, 'float32', (g, [vdy, vx]) =>
      g.value(maxGradient(g, info, g.arrange(vdy!, NCHW), g.arrange(vx!, NCHW)), info.inShape, NCHW),
    )
  }),
]
