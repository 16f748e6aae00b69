import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import { type ConvGeometry, convForward } from '../formulations/forward.ts'
import { convInputGradient } from '../formulations/input-gradient.ts'
import { convWeightGradient } from '../formulations/weight-gradient.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { identity, type Value } from '../lowering/value.ts'
import type { Permutation } from '../tensors.ts'
import { activate, asActivation } from './activations.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { NCHW } from './shapes.ts'

/** Physical order of a filter: axes height, width, in, out of tfjs stand as out, in, height, width. */
const OIHW: Permutation = [3, 2, 0, 1]

type ConvInfo = ReturnType<typeof backend_util.computeConv2DInfo>

/** Shapes, strides and paddings of a convolution as tfjs' attributes say; pads may be 'same', 'valid', a number or explicit. */
function convInfo(call: Call, x: readonly number[], filter: readonly number[], depthwise: boolean): ConvInfo {
  const [h, w, i, o] = [filter[0]!, filter[1]!, filter[2]!, filter[3]!]
  return backend_util.computeConv2DInfo(
    [x[0]!, x[1]!, x[2]!, x[3]!],
    [h, w, i, o],
    pair(call.numbers('strides')),
    pair(call.numbers('dilations', [1, 1])),
    padding(call),
    rounding(call),
    depthwise,
    backend_util.convertConv2DDataFormat(channelsFirst(call) ? 'NCHW' : 'NHWC'),
  )
}

function pair(values: readonly number[]): [number, number] {
  return [values[0]!, values[1] ?? values[0]!]
}

function padding(
  call: Call,
): 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]] {
  const pad = call.attribute('pad')
  if (pad === 'same' || pad === 'valid' || typeof pad === 'number') return pad
  const p = call.pairs('pad')
  return [p[0]!, p[1]!, p[2]!, p[3]!]
}

function rounding(call: Call): 'floor' | 'round' | 'ceil' | undefined {
  const mode = call.text('dimRoundingMode', '')
  return mode === 'floor' || mode === 'round' || mode === 'ceil' ? mode : undefined
}

function channelsFirst(call: Call): boolean {
  return call.text('dataFormat', 'NHWC') === 'NCHW'
}

function geometry(info: ConvInfo): ConvGeometry {
  const { top, left, bottom, right } = info.padInfo
  return {
    batch: info.batchSize,
    inputs: info.inChannels,
    outputs: info.outChannels,
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
  }
}

function keyOf(info: ConvInfo, first: boolean): string {
  const g = geometry(info)
  return `${g.kernel};${g.strides};${g.dilations};${g.pads};${g.input};${g.output};${first}`
}

/** The order in which images of this call lie when channels come first in memory. */
function planes(first: boolean): Permutation {
  return first ? identity(4) : NCHW
}

/** tf.fused gives biases and slopes of rank 1, which lie along the channels also where those come second. */
function channelVector(g: Lowering, v: Value, first: boolean): Value {
  return first && v.shape.length === 1 ? g.reshape(v, [v.shape[0]!, 1, 1]) : v
}

function convolution(call: Call): TensorInfo {
  const x = call.input('x')
  const filter = call.input('filter')
  const bias = call.optional('bias')
  const slope = call.optional('preluActivationWeights')
  const activation = asActivation(call)
  const first = channelsFirst(call)
  const info = convInfo(call, x.shape, filter.shape, false)
  const geo = geometry(info)
  const extra = [bias, slope].filter((t) => t !== null)
  const key = `${keyOf(info, first)};${activation.key};${bias !== null};${slope !== null}`
  return call.record(key, [x, filter, ...extra], info.outShape, 'float32', (g, [vx, vf, ...rest]) => {
    const raw = convForward(g, geo, g.arrange(vx!, planes(first)), g.arrange(vf!, OIHW))
    const y = g.value(raw, info.outShape, planes(first))
    const biased = bias
      ? g.elementwise([y, channelVector(g, rest[0]!, first)], info.outShape, (raws, dims) => g.node('Add', raws, dims))
      : y
    return activate(g, biased, activation, slope ? channelVector(g, rest.at(-1)!, first) : null)
  })
}

export const convKernels: readonly Kernel[] = [
  kernel('Conv2D', convolution),
  kernel('FusedConv2D', convolution),
  kernel('Conv2DBackpropInput', (call) => {
    const dy = call.input('dy')
    const filter = call.input('filter')
    const first = channelsFirst(call)
    const info = convInfo(call, call.numbers('inputShape'), filter.shape, false)
    const geo = geometry(info)
    return call.record(keyOf(info, first), [dy, filter], info.inShape, 'float32', (g, [vdy, vf]) =>
      g.value(
        convInputGradient(g, geo, g.arrange(vdy!, planes(first)), g.arrange(vf!, OIHW)),
        info.inShape,
        planes(first),
      ),
    )
  }),
  kernel('Conv2DBackpropFilter', (call) => {
    const x = call.input('x')
    const dy = call.input('dy')
    const first = channelsFirst(call)
    const info = convInfo(call, x.shape, call.numbers('filterShape'), false)
    const geo = geometry(info)
    return call.record(keyOf(info, first), [x, dy], info.filterShape, 'float32', (g, [vx, vdy]) =>
      g.value(
        convWeightGradient(g, geo, g.arrange(vx!, planes(first)), g.arrange(vdy!, planes(first))),
        info.filterShape,
        OIHW,
      ),
    )
  }),
]
export { channelsFirst, convInfo, geometry, keyOf, planes }
