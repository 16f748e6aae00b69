import type { Lowering } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'
import type { ConvGeometry } from './forward.ts'
import { sumOfProducts } from './products.ts'

/**
 * dL/dw [O,I,kh,kw] of a stride-1 convolution by kh products. The tap (ky, kx) pairs dy(y, c) with x(y + ky, c + kx): let x
 * carry the shift in rows and dy the shift in columns. Then kw copies of dy below each other, [N, kw·O, P], meet one copy of x
 * for each ky, [N, I, P]: kh + kw copies instead of kh·kw, and products kw times as large, which run near the machine's peak.
 * P runs over the output's rows, each as wide as the padded input.
 */
export function shiftedProduct(g: Lowering, geo: ConvGeometry, x: Raw, dy: Raw): Raw {
  const { batch, inputs, outputs } = geo
  const [kh, kw] = geo.kernel
  const [height] = geo.output
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
    const product = sumOfProducts(g, a, g.reshapeRaw(rows, [batch, inputs, pixels]))
    return g.reshapeRaw(product, [kw, outputs, inputs, 1])
  })
  const all = kh === 1 ? taps[0]! : g.node('Concat', taps, [kw, outputs, inputs, kh], 'float32', { axis: 3 })
  return g.transposeRaw(all, [1, 2, 3, 0])
}

/**
 * kw copies of dy, each `dilation` columns further to the right in rows of `across`: [N, kw·O, P].
 *
 * dy's rows are filled up with zeros at their end, as many as the last copy is shifted. Laid out flat, the copy shifted by s is
 * then the same sequence s places later: the zeros at each row's end become those at the next row's beginning. So the copies
 * are one concatenation of [dy, s zeros, dy, s zeros, …], whose last piece lacks the zeros that would stand over.
 */
function shiftedColumns(g: Lowering, geo: ConvGeometry, dy: Raw, across: number): Raw {
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
