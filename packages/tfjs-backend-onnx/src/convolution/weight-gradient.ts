import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { blockedCorrelation, isBlockedCorrelation } from './blocked-correlation.ts'
import type { ConvGeometry } from './forward.ts'
import { paddedInput, sumOfProducts, tap, type WeightGradient } from './products.ts'
import { shiftedProduct } from './shifted-product.ts'

/** dL/dw from x [N,I,H,W] and dy [N,O,H',W'], in whatever order is the least work. */
export function convWeightGradient(g: Lowering, geo: ConvGeometry, x: IrTensor, dy: IrTensor): WeightGradient {
  const [kh, kw] = geo.kernel
  if (kh === 1 && kw === 1 && geo.pads.every((p) => p === 0) && geo.strides.every((s) => s === 1))
    return pointwise(g, geo, x, dy)
  if (geo.inputs <= 4 && geo.strides.every((s) => s === 1)) return batchAsChannels(g, geo, x, dy)
  if (isBlockedCorrelation(g, geo)) return blockedCorrelation(g, geo, x, dy)
  return geo.strides.every((s) => s === 1) ? shiftedProduct(g, geo, x, dy) : slicedProducts(g, geo, x, dy)
}

/** A 1x1 convolution is a matrix product, and so is its gradient: sum over images of x [I,P] · dyᵀ [P,O]. */
export function pointwise(g: Lowering, geo: ConvGeometry, x: IrTensor, dy: IrTensor): WeightGradient {
  const { batch, inputs, outputs } = geo
  const pixels = geo.output[0] * geo.output[1]
  const d = g.reshapeRaw(dy, [batch, outputs, pixels])
  const v = g.reshapeRaw(x, [batch, inputs, pixels])
  return { raw: g.reshapeRaw(sumOfProducts(g, v, d), [1, 1, inputs, outputs]), perm: [0, 1, 2, 3] }
}

/**
 * Convolution of x with dy as the filter, the batch playing the channels: x [I,N,H,W] * dy [O,N,H',W'] -> [I,O,kh,kw].
 * Wins only for a handful of input channels.
 */
export function batchAsChannels(g: Lowering, geo: ConvGeometry, x: IrTensor, dy: IrTensor): WeightGradient {
  const swap = [1, 0, 2, 3]
  const raw = g.node(
    'Conv',
    [g.transposeRaw(x, swap), g.transposeRaw(dy, swap)],
    [geo.inputs, geo.outputs, ...geo.kernel],
    'float32',
    // A dilated forward convolution reads its taps `dilation` apart: here that is the step between results.
    { kernel_shape: geo.output, pads: geo.pads, strides: geo.dilations, dilations: geo.strides },
  )
  return { raw, perm: [2, 3, 0, 1] }
}

/** One product for each tap of the filter: dy [N,O,P] with the padded x shifted by the tap, [N,I,P]. */
export function slicedProducts(g: Lowering, geo: ConvGeometry, x: IrTensor, dy: IrTensor): WeightGradient {
  const { batch, inputs, outputs } = geo
  const pixels = geo.output[0] * geo.output[1]
  const d = g.reshapeRaw(dy, [batch, outputs, pixels])
  const padded = paddedInput(g, geo, x)
  const taps: IrTensor[] = []
  for (let ky = 0; ky < geo.kernel[0]; ky++) {
    for (let kx = 0; kx < geo.kernel[1]; kx++) {
      const shifted = g.reshapeRaw(tap(g, geo, padded, ky, kx), [batch, inputs, pixels])
      taps.push(g.reshapeRaw(sumOfProducts(g, d, shifted), [1, outputs, inputs]))
    }
  }
  const all = g.node('Concat', taps, [taps.length, outputs, inputs], 'float32', { axis: 0 })
  return { raw: g.reshapeRaw(all, [...geo.kernel, outputs, inputs]), perm: [0, 1, 3, 2] }
}
