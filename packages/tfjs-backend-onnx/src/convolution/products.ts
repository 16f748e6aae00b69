import type { Permutation } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { ConvGeometry } from './forward.ts'

/** A filter's gradient as it comes out: `perm` gives the order in memory of tfjs' axes height 0, width 1, in 2, out 3. */
export interface WeightGradient {
  readonly raw: IrTensor
  readonly perm: Permutation
}

/** x with the convolution's borders of zeros around it. Equal for all weight gradients of one x, so it is made once. */
export function paddedInput(g: Lowering, geo: ConvGeometry, x: IrTensor): IrTensor {
  const [top, left, bottom, right] = geo.pads
  if (top + left + bottom + right === 0) return x
  const dims = [geo.batch, geo.inputs, geo.input[0] + top + bottom, geo.input[1] + left + right]
  return g.node('Pad', [x, g.integers([0, 0, top, left, 0, 0, bottom, right]), g.float(0)], dims)
}

/** The pixels that one tap of the filter meets: [N,I,H',W'] of the padded input. */
export function tap(g: Lowering, geo: ConvGeometry, padded: IrTensor, ky: number, kx: number): IrTensor {
  const start = [ky * geo.dilations[0], kx * geo.dilations[1]]
  const end = start.map((s, i) => s + (geo.output[i]! - 1) * geo.strides[i]! + 1)
  const dims = [geo.batch, geo.inputs, ...geo.output]
  return g.node(
    'Slice',
    [padded, g.integers(start), g.integers(end), g.integers([2, 3]), g.integers(geo.strides)],
    dims,
  )
}

/** sum over n of a [N,O,P] · bᵀ [N,P,I] -> [O,I]. */
export function sumOfProducts(g: Lowering, a: IrTensor, b: IrTensor): IrTensor {
  const [n, o, p] = a.dims
  const i = b.dims[1]!
  if (n === 1) return g.reshapeRaw(product(g, a, b, { transB: 1 }), [o!, i])
  // Where the result is large and the images small (many channels, few pixels), one long product is less work than n results
  // that are summed: the images are laid side by side.
  if (2 * o! * i > p! * (o! + i)) return product(g, sideBySide(g, a), sideBySide(g, b), { transB: 1 })
  return g.node('ReduceSum', [product(g, a, b, { transB: 1 }), g.integers([0])], [o!, i], 'float32', { keepdims: 0 })
}

/** [N,C,P] -> [C,N·P]. */
function sideBySide(g: Lowering, raw: IrTensor): IrTensor {
  const [n, c, p] = raw.dims
  return g.reshapeRaw(g.transposeRaw(raw, [1, 0, 2]), [c!, n! * p!])
}

/** Which factors of a product are transposed. */
interface Order {
  readonly transA?: 1
  readonly transB?: 1
}

/** a [..,O,P] · b [..,P,I]. Written as the fused operator that ONNX Runtime would make of it: what it makes runs last. */
export function product(g: Lowering, a: IrTensor, b: IrTensor, order: Order): IrTensor {
  const dims = [...a.dims.slice(0, -2), a.dims.at(order.transA ? -1 : -2)!, b.dims.at(order.transB ? -2 : -1)!]
  if (g.target.microsoft) return g.node('FusedMatMul', [a, b], dims, 'float32', { ...order }, 'com.microsoft')
  const [left, right] = [order.transA ? turned(g, a) : a, order.transB ? turned(g, b) : b]
  return g.node('MatMul', [left, right], dims)
}

/** The last two axes exchanged. */
function turned(g: Lowering, raw: IrTensor): IrTensor {
  const axes = [...raw.dims.keys()]
  axes.push(...axes.splice(-2).reverse())
  return g.transposeRaw(raw, axes)
}
