import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { ConvGeometry } from './forward.ts'
import { sumOfProducts, type WeightGradient } from './products.ts'

/**
 * From this many input channels on those are the product's rows: the result is then almost in tfjs' order, and turning large
 * filters is slow. With fewer the other way is the faster product (106 against 79 GFLOPS for 576 x 64).
 */
const WIDE = 128

/**
 * dL/dw of a stride-1 convolution by kh products. The tap (ky, kx) pairs dy(y, c) with x(y + ky, c + kx): let x
 * carry the shift in rows and dy the shift in columns. Then kw copies of dy below each other, [N, kw·O, P], meet one copy of x
 * for each ky, [N, I, P]: kh + kw copies instead of kh·kw, and products kw times as large, which run near the machine's peak.
 * P runs over the output's rows, each as wide as the padded input.
 */
export function shiftedProduct(g: Lowering, geo: ConvGeometry, x: IrTensor, dy: IrTensor): WeightGradient {
  const { batch, inputs, outputs } = geo
  const [kh, kw] = geo.kernel
  const [height] = geo.output
  const wide = inputs >= WIDE
  const [top, left, , right] = geo.pads
  const across = geo.input[1] + left + right
  const pixels = height * across
  const a = shiftedColumns(g, geo, dy, across)
  const taps = range(kh).map((ky) => {
    // One step pads and cuts: a negative number of rows is cut off.
    const start = ky * geo.dilations[0]
    const amounts = [0, 0, top - start, left, 0, 0, start + height - top - geo.input[0], right]
    const dims = [batch, inputs, height, across]
    const rows = g.node('Pad', [x, g.integers(amounts), g.float(0)], dims)
    const b = g.reshapeRaw(rows, [batch, inputs, pixels])
    return wide
      ? g.reshapeRaw(sumOfProducts(g, b, a), [1, inputs, kw, outputs])
      : g.reshapeRaw(sumOfProducts(g, a, b), [1, kw, outputs, inputs])
  })
  const dims = wide ? [kh, inputs, kw, outputs] : [kh, kw, outputs, inputs]
  const raw = kh === 1 ? taps[0]! : g.node('Concat', taps, dims, 'float32', { axis: 0 })
  return { raw, perm: wide ? [0, 2, 1, 3] : [0, 1, 3, 2] }
}

/**
 * kw copies of dy, each `dilation` columns further to the right in rows of `across`: [N, kw·O, P].
 *
 * dy's rows are filled up with zeros at their end, as many as the last copy is shifted. Laid out flat, the copy shifted by s is
 * then the same sequence s places later: the zeros at each row's end become those at the next row's beginning. So the copies
 * are one concatenation of [dy, s zeros, dy, s zeros, …], whose last piece lacks the zeros that would stand over.
 */
function shiftedColumns(g: Lowering, geo: ConvGeometry, dy: IrTensor, across: number): IrTensor {
  const { batch, outputs } = geo
  const [height, width] = geo.output
  const kw = geo.kernel[1]
  const step = geo.dilations[1]
  const pixels = height * across
  const over = (kw - 1) * step
  const length = outputs * pixels
  const padded = g.node(
    'Pad',
    [dy, g.integers([0, 0, 0, 0, 0, 0, 0, across - width]), g.float(0)],
    [batch, outputs, height, across],
  )
  if (kw === 1) return g.reshapeRaw(padded, [batch, outputs, pixels])
  const flat = g.reshapeRaw(padded, [batch, length])
  const short = g.node(
    'Slice',
    [flat, ...[[0], [length - over], [1]].map((v) => g.integers(v))],
    [batch, length - over],
  )
  const zeros = g.graph.constant(new Float32Array(batch * step), [batch, step], 'float32')
  const pieces = range(kw - 1).flatMap(() => [flat, zeros])
  const all = g.node('Concat', [...pieces, short], [batch, kw * length], 'float32', { axis: 1 })
  return g.reshapeRaw(all, [batch, kw * outputs, pixels])
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
