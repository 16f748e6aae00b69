import type { Lowering } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'
import type { ConvGeometry } from './forward.ts'
import { paddedInput, sumOfProducts, tap } from './products.ts'
import { shiftedProduct } from './shifted-product.ts'

/** dL/dw [O,I,kh,kw] from x [N,I,H,W] and dy [N,O,H',W']. */
export function convWeightGradient(g: Lowering, geo: ConvGeometry, x: Raw, dy: Raw): Raw {
  const [kh, kw] = geo.kernel
  if (kh === 1 && kw === 1 && geo.pads.every((p) => p === 0) && geo.strides.every((s) => s === 1))
    return pointwise(g, geo, x, dy)
  if (geo.inputs <= 4 && geo.strides.every((s) => s === 1)) return batchAsChannels(g, geo, x, dy)
  return geo.strides.every((s) => s === 1) ? shiftedProduct(g, geo, x, dy) : slicedProducts(g, geo, x, dy)
}

/** A 1x1 convolution is a matrix product, and so is its gradient: sum over images of dy [O,HW] · xᵀ [HW,I]. */
export function pointwise(g: Lowering, geo: ConvGeometry, x: Raw, dy: Raw): Raw {
  const { batch, inputs, outputs } = geo
  const pixels = geo.output[0] * geo.output[1]
  const d = g.reshapeRaw(dy, [batch, outputs, pixels])
  const v = g.reshapeRaw(x, [batch, inputs, pixels])
  return g.reshapeRaw(sumOfProducts(g, d, v), [outputs, inputs, 1, 1])
}

/**
 * Convolution of x with dy as the filter, the batch playing the channels: x [I,N,H,W] * dy [O,N,H',W'] -> [I,O,kh,kw].
 * Wins only for a handful of input channels.
 */
export function batchAsChannels(g: Lowering, geo: ConvGeometry, x: Raw, dy: Raw): Raw {
  const swap = [1, 0, 2, 3]
  const result = g.node(
    'Conv',
    [g.transposeRaw(x, swap), g.transposeRaw(dy, swap)],
    [geo.inputs, geo.outputs, ...geo.kernel],
    'float32',
    // A dilated forward convolution reads its taps `dilation` apart: here that is the step between results.
    { kernel_shape: geo.output, pads: geo.pads, strides: geo.dilations, dilations: geo.strides },
  )
  return g.transposeRaw(result, swap)
}

/** One product for each tap of the filter: dy [N,O,P] with the padded x shifted by the tap, [N,I,P]. */
export function slicedProducts(g: Lowering, geo: ConvGeometry, x: Raw, dy: Raw): Raw {
  const { batch, inputs, outputs } = geo
  const pixels = geo.output[0] * geo.output[1]
  const d = g.reshapeRaw(dy, [batch, outputs, pixels])
  const padded = paddedInput(g, geo, x)
  const taps: Raw[] = []
  for (let ky = 0; ky < geo.kernel[0]; ky++) {
    for (let kx = 0; kx < geo.kernel[1]; kx++) {
      const shifted = g.reshapeRaw(tap(g, geo, padded, ky, kx), [batch, inputs, pixels])
      taps.push(g.reshapeRaw(sumOfProducts(g, d, shifted), [outputs, inputs, 1]))
    }
  }
  const all = g.node('Concat', taps, [outputs, inputs, taps.length], 'float32', { axis: 2 })
  return g.reshapeRaw(all, [outputs, inputs, ...geo.kernel])
}
