import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { ConvGeometry } from './forward.ts'

/**
 * From this many channels on ConvTranspose is the faster form (512 channels at 32²: 144 against 128 GFLOPS), but for the
 * blocked layout, which has convolutions only.
 */
const WIDE = 512

/** dL/dx [N,I,H,W] from dy [N,O,H',W'] and filter [O,I,kh,kw]. */
export function convInputGradient(g: Lowering, geo: ConvGeometry, dy: IrTensor, filter: IrTensor): IrTensor {
  const unit = [...geo.strides, ...geo.dilations].every((s) => s === 1)
  const covers = geo.pads.every((p, i) => p < geo.kernel[i % 2]!)
  const wide = g.target.block === 0 && Math.min(geo.inputs, geo.outputs) >= WIDE
  if (unit && covers && geo.groups === 1 && !wide) return byFlippedConv(g, geo, dy, filter)
  return byConvTranspose(g, geo, dy, filter)
}

/**
 * A stride-1 convolution's input gradient is a convolution with the filter flipped in height and width and its channels
 * exchanged: dx(p) = sum_k w(k)·dy(p + pad - k). Pads turn into kernel - 1 - pad.
 */
export function byFlippedConv(g: Lowering, geo: ConvGeometry, dy: IrTensor, filter: IrTensor): IrTensor {
  const [kh, kw] = geo.kernel
  const [top, left, bottom, right] = geo.pads
  return g.node('Conv', [dy, flipped(g, filter)], [geo.batch, geo.inputs, ...geo.input], 'float32', {
    kernel_shape: geo.kernel,
    pads: [kh - 1 - top, kw - 1 - left, kh - 1 - bottom, kw - 1 - right],
  })
}

/**
 * [O,I,kh,kw] -> [I,O,kh,kw], upside down and mirrored. A filter that was transposed into this order is mirrored in the order
 * that it came in, where whole planes of channels change places, and transposed once.
 */
export function flipped(g: Lowering, filter: IrTensor): IrTensor {
  const turn = filter.producer?.op === 'Transpose' ? filter.producer : null
  const source = turn?.inputs[0] ?? filter
  const perm = Array.isArray(turn?.attributes.perm) ? turn.attributes.perm.map(Number) : [0, 1, 2, 3]
  const exchanged = [perm[1]!, perm[0]!, perm[2]!, perm[3]!]
  if (filter.dims[2] === 1 && filter.dims[3] === 1) return g.transposeRaw(source, exchanged)
  const low = -Number.MAX_SAFE_INTEGER
  const ends = [
    [-1, -1],
    [low, low],
    [perm[2]!, perm[3]!],
    [-1, -1],
  ].map((v) => g.integers(v))
  return g.transposeRaw(g.node('Slice', [source, ...ends], source.dims), exchanged)
}

/** Any stride and dilation. Rows and columns that no output has seen get zeros through output_padding. */
export function byConvTranspose(g: Lowering, geo: ConvGeometry, dy: IrTensor, filter: IrTensor): IrTensor {
  const [top, left, bottom, right] = geo.pads
  const spans = [0, 1].map((i) => (geo.output[i]! - 1) * geo.strides[i]! + (geo.kernel[i]! - 1) * geo.dilations[i]! + 1)
  const unseen = [geo.input[0] - (spans[0]! - top - bottom), geo.input[1] - (spans[1]! - left - right)]
  const attributes = {
    kernel_shape: geo.kernel,
    strides: geo.strides,
    dilations: geo.dilations,
    pads: [top, left, bottom, right],
    ...(geo.groups > 1 ? { group: geo.groups } : {}),
  }
  const dims = [geo.batch, geo.inputs, ...geo.input]
  // output_padding must be smaller than the stride; what is left beyond is padded after.
  if (unseen.every((u, i) => u >= 0 && u < geo.strides[i]!)) {
    return g.node('ConvTranspose', [dy, filter], dims, 'float32', { ...attributes, output_padding: unseen })
  }
  const seen = [geo.batch, geo.inputs, geo.input[0] - Math.max(unseen[0]!, 0), geo.input[1] - Math.max(unseen[1]!, 0)]
  const part = g.node('ConvTranspose', [dy, filter], seen, 'float32', attributes)
  const after = [0, 0, 0, 0, 0, 0, Math.max(unseen[0]!, 0), Math.max(unseen[1]!, 0)]
  return g.node('Pad', [part, g.integers(after), g.float(0)], dims)
}
