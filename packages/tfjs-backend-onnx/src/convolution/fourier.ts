import { sizeOf } from '../ir/shape.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'

/** Real and imaginary parts, of equal dimensions. */
type Complex = readonly [IrTensor, IrTensor]

/**
 * Discrete Fourier transform along the last axis of [..,n]; the inverse is divided by n. ONNX's DFT is exact to rounding for powers
 * of two only (ONNX Runtime's form for other lengths is off by 1e-4 of the largest value at n = 1000), so others go through one.
 */
export function fourierTransform(g: Lowering, [real, imag]: Complex, inverse: boolean): Complex {
  const dims = real.dims
  const n = dims.at(-1)!
  if (sizeOf(dims) === 0 || n === 1) return [real, imag]
  const flat = [sizeOf(dims) / n, n]
  const x: Complex = [g.reshapeRaw(real, flat), g.reshapeRaw(imag, flat)]
  const [re, im] = Number.isInteger(Math.log2(n)) ? powerOfTwo(g, x, inverse) : chirp(g, x, inverse)
  return [g.reshapeRaw(re, dims), g.reshapeRaw(im, dims)]
}

function powerOfTwo(g: Lowering, x: Complex, inverse: boolean): Complex {
  const [batch, n] = x[0].dims
  const dims = [batch!, n!, 2]
  const packed = g.node(
    'Concat',
    x.map((raw) => g.reshapeRaw(raw, [batch!, n!, 1])),
    dims,
    'float32',
    { axis: 2 },
  )
  const y = g.node('DFT', [packed], dims, 'float32', inverse ? { inverse: 1 } : {})
  const part = { dims: [batch!, n!, 1], type: 'float32' as const }
  const [re, im] = g.graph.nodes_('Split', [y, g.integers([1, 1])], [part, part], { axis: 2 })
  return [g.reshapeRaw(re!, [batch!, n!]), g.reshapeRaw(im!, [batch!, n!])]
}

/**
 * Any length, after Bluestein: with w_k = e^(-iπk²/n) and 2jk = j² + k² - (k - j)², the transform is a convolution,
 *   y_k = w_k · Σ_j (x_j w_j) · conj(w_{k-j}),
 * and a convolution is a product of transforms of a power of two that is at least 2n - 1 long.
 * The inverse has angles of the other sign and is divided by n.
 */
function chirp(g: Lowering, x: Complex, inverse: boolean): Complex {
  const [batch, n] = x[0].dims
  const length = 2 ** Math.ceil(Math.log2(2 * n! - 1))
  // k² is reduced modulo 2n, which is exact, before it becomes an angle.
  const angle = (k: number) => (((k * k) % (2 * n!)) * Math.PI) / n!
  const sign = inverse ? -1 : 1
  const row = (name: string, count: number, at: (k: number) => number) =>
    g.table(`${name}${n}${inverse}`, () => Float32Array.from({ length: count }, (_, k) => at(k)), [1, count])
  const w: Complex = [
    row('chirp-re', n!, (k) => Math.cos(angle(k))),
    row('chirp-im', n!, (k) => -sign * Math.sin(angle(k))),
  ]
  // conj(w) at 0, ±1, ±2, …: negative places stand at the end.
  const place = (k: number) => (k < n! ? k : k > length - n! ? length - k : null)
  const kernel: Complex = [
    row('kernel-re', length, (k) => (place(k) === null ? 0 : Math.cos(angle(place(k)!)))),
    row('kernel-im', length, (k) => (place(k) === null ? 0 : sign * Math.sin(angle(place(k)!)))),
  ]
  const shape = [batch!, length]
  const longer = times(g, x, w, [batch!, n!]).map((raw) =>
    g.node('Pad', [raw, g.integers([0, 0, 0, length - n!]), g.float(0)], shape),
  )
  const product = times(g, powerOfTwo(g, [longer[0]!, longer[1]!], false), powerOfTwo(g, kernel, false), shape)
  const cut = powerOfTwo(g, product, true).map((raw) =>
    g.node('Slice', [raw, g.integers([0]), g.integers([n!]), g.integers([1])], [batch!, n!]),
  )
  const [re, im] = times(g, [cut[0]!, cut[1]!], w, [batch!, n!])
  if (!inverse) return [re, im]
  const share = g.float(1 / n!)
  return [g.node('Mul', [re, share], re.dims), g.node('Mul', [im, share], im.dims)]
}

/** (a + ib)(c + id) = ac - bd + i(ad + bc), broadcasting. */
function times(g: Lowering, [a, b]: Complex, [c, d]: Complex, dims: readonly number[]): Complex {
  const product = (p: IrTensor, q: IrTensor) => g.node('Mul', [p, q], dims)
  return [g.node('Sub', [product(a, c), product(b, d)], dims), g.node('Add', [product(a, d), product(b, c)], dims)]
}
