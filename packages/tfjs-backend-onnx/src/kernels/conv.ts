import type { TensorInfo } from '@tensorflow/tfjs-core'
import { convForward } from '../convolution/forward.ts'
import { convInputGradient } from '../convolution/input-gradient.ts'
import { convWeightGradient } from '../convolution/weight-gradient.ts'
import { isWinograd, winogradForward, winogradInputGradient, winogradWeightGradient } from '../convolution/winograd.ts'
import { identity, inverse, type Permutation } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { activate, asActivation } from './activations.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { channelsFirst, convInfo, geometry, keyOf } from './conv-attributes.ts'
import { NCHW } from './shapes.ts'

/** Physical order of a filter: axes height, width, in, out of tfjs stand as out, in, height, width. */
const OIHW: Permutation = [3, 2, 0, 1]

/** The order in which images of this call lie when channels come first in memory. */
export function planes(first: boolean): Permutation {
  return first ? identity(4) : NCHW
}

/** The order in which images of this call lie when channels come last in memory. */
function pixels(first: boolean): Permutation {
  return first ? inverse(NCHW) : identity(4)
}

/** tf.fused gives biases and slopes of rank 1, which lie along the channels also where those come second. */
function channelVector(g: Lowering, v: Value, first: boolean): Value {
  return first && v.shape.length === 1 ? g.reshape(v, [v.shape[0]!, 1, 1]) : v
}

/** A convolution with its bias and activation; `lay` brings the filter to [O,I/groups,kh,kw]. */
export function convolution(call: Call, depthwise: boolean, lay: (g: Lowering, filter: Value) => IrTensor): TensorInfo {
  const x = call.input('x')
  const filter = call.input('filter')
  const bias = call.optional('bias')
  const slope = call.optional('preluActivationWeights')
  const activation = asActivation(call)
  const first = channelsFirst(call)
  const info = convInfo(call, x.shape, filter.shape, depthwise)
  const geo = geometry(info, depthwise ? info.inChannels : 1)
  const extra = [bias, slope].filter((t) => t !== null)
  const key = `${keyOf(info, first)};${activation.key};${bias !== null};${slope !== null}`
  return call.record(key, [x, filter, ...extra], info.outShape, 'float32', (g, [vx, vf, ...rest]) => {
    const y =
      !depthwise && isWinograd(g, geo, vf!.raw)
        ? g.value(winogradForward(g, geo, g.arrange(vx!, pixels(first)), g.logical(vf!)), info.outShape, pixels(first))
        : g.value(convForward(g, geo, g.arrange(vx!, planes(first)), lay(g, vf!)), info.outShape, planes(first))
    const biased = bias
      ? g.elementwise([y, channelVector(g, rest[0]!, first)], info.outShape, (raws, dims) => g.node('Add', raws, dims))
      : y
    return activate(g, biased, activation, slope ? channelVector(g, rest.at(-1)!, first) : null)
  })
}

const planar = (g: Lowering, filter: Value): IrTensor => g.arrange(filter, OIHW)

export const convKernels: readonly Kernel[] = [
  kernel('Conv2D', (call) => convolution(call, false, planar)),
  kernel('FusedConv2D', (call) => convolution(call, false, planar)),
  kernel('Conv2DBackpropInput', (call) => {
    const dy = call.input('dy')
    const filter = call.input('filter')
    const first = channelsFirst(call)
    const info = convInfo(call, call.numbers('inputShape'), filter.shape, false)
    const geo = geometry(info)
    return call.record(keyOf(info, first), [dy, filter], info.inShape, 'float32', (g, [vdy, vf]) =>
      isWinograd(g, geo, vf!.raw)
        ? g.value(
            winogradInputGradient(g, geo, g.arrange(vdy!, pixels(first)), g.logical(vf!)),
            info.inShape,
            pixels(first),
          )
        : g.value(
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
    return call.record(keyOf(info, first), [x, dy], info.filterShape, 'float32', (g, [vx, vdy]) => {
      if (isWinograd(g, geo, null)) {
        const images = [vx!, vdy!].map((v) => g.arrange(v, pixels(first))) as [IrTensor, IrTensor]
        return g.value(winogradWeightGradient(g, geo, ...images), info.filterShape)
      }
      const { raw, perm } = convWeightGradient(g, geo, g.arrange(vx!, planes(first)), g.arrange(vdy!, planes(first)))
      return g.value(raw, info.filterShape, perm)
    })
  }),
]
