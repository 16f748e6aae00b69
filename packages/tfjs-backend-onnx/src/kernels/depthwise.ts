import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { ConvGeometry } from '../convolution/forward.ts'
import { convInputGradient } from '../convolution/input-gradient.ts'
import { paddedInput, tap } from '../convolution/products.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, type Kernel, kernel } from './call.ts'
import { convolution, planes } from './conv.ts'
import { convInfo, geometry, keyOf } from './conv-attributes.ts'

/** A depthwise filter [kh,kw,C,M] as one of C groups: [C·M,1,kh,kw]. */
function grouped(g: Lowering, filter: Value): IrTensor {
  const [kh, kw, c, m] = filter.shape
  return g.reshapeRaw(g.arrange(filter, [2, 3, 0, 1]), [c! * m!, 1, kh!, kw!])
}

const depthwise = (call: Call): TensorInfo => convolution(call, true, grouped)

/** dL/dw [kh,kw,C,M]: for each tap, sum over images and pixels of x's channel times dy's. */
function filterGradient(g: Lowering, geo: ConvGeometry, x: IrTensor, dy: IrTensor, multiplier: number): IrTensor {
  const { batch, inputs } = geo
  const [kh, kw] = geo.kernel
  const pixels = geo.output[0] * geo.output[1]
  const d = g.reshapeRaw(dy, [batch, inputs, multiplier, pixels])
  const padded = paddedInput(g, geo, x)
  const taps: IrTensor[] = []
  for (let ky = 0; ky < kh; ky++) {
    for (let kx = 0; kx < kw; kx++) {
      const shifted = g.reshapeRaw(tap(g, geo, padded, ky, kx), [batch, inputs, 1, pixels])
      const product = g.node('Mul', [d, shifted], d.dims)
      taps.push(
        g.node('ReduceSum', [product, g.integers([0, 3])], [1, inputs, multiplier, 1], 'float32', { keepdims: 1 }),
      )
    }
  }
  const all = g.node('Concat', taps, [taps.length, inputs, multiplier, 1], 'float32', { axis: 0 })
  return g.reshapeRaw(all, [kh, kw, inputs, multiplier])
}

export const depthwiseKernels: readonly Kernel[] = [
  kernel('DepthwiseConv2dNative', depthwise),
  kernel('FusedDepthwiseConv2D', depthwise),
  kernel('DepthwiseConv2dNativeBackpropInput', (call) => {
    const dy = call.input('dy')
    const filter = call.input('filter')
    const info = convInfo(call, call.numbers('inputShape'), filter.shape, true)
    const geo = geometry(info, info.inChannels)
    return call.record(keyOf(info, false), [dy, filter], info.inShape, 'float32', (g, [vdy, vf]) =>
      g.value(convInputGradient(g, geo, g.arrange(vdy!, planes(false)), grouped(g, vf!)), info.inShape, planes(false)),
    )
  }),
  kernel('DepthwiseConv2dNativeBackpropFilter', (call) => {
    const x = call.input('x')
    const dy = call.input('dy')
    const filterShape = call.numbers('filterShape')
    const info = convInfo(call, x.shape, filterShape, true)
    const geo = geometry(info, info.inChannels)
    return call.record(keyOf(info, false), [x, dy], filterShape, 'float32', (g, [vx, vdy]) => {
      const raw = filterGradient(g, geo, g.arrange(vx!, planes(false)), g.arrange(vdy!, planes(false)), filterShape[3]!)
      return g.value(raw, filterShape)
    })
  }),
]
