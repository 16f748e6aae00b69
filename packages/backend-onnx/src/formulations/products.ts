import type { Lowering } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'
import type { ConvGeometry } from './forward.ts'

/** x with the convolution's borders of zeros around it. Equal for all weight gradients of one x, so it is made once. */
export function paddedInput(g: Lowering, geo: ConvGeometry, x: Raw): Raw {
  const [top, left, bottom, right] = geo.pads
  if (top + left + bottom + right === 0) return x
  const dims = [geo.batch, geo.inputs, geo.input[0] + top + bottom, geo.input[1] + left + right]
  return g.node('Pad', [x, g.integers([0, 0, top, left, 0, 0, bottom, right]), g.float(0)], dims)
}

/** The pixels that one tap of the filter meets: [N,I,H',W'] of the padded input. */
export function tap(g: Lowering, geo: ConvGeometry, padded: Raw, ky: number, kx: number): Raw {
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
export function sumOfProducts(g: Lowering, a: Raw, b: Raw): Raw {
  const [n, o] = a.dims
  const i = b.dims[1]!
  const dims = [n!, o!, i]
  // Written as the fused operator that ONNX Runtime would make of it: a node that it makes itself is run at the very end.
  const product = g.target.microsoft
    ? g.node('FusedMatMul', [a, b], dims, 'float32', { transB: 1 }, 'com.microsoft')
    : g.node('MatMul', [a, g.transposeRaw(b, [0, 2, 1])], dims)
  if (n === 1) return g.reshapeRaw(product, [o!, i])
  return g.node('ReduceSum', [product, g.integers([0])], [o!, i], 'float32', { keepdims: 0 })
}
