import type { Lowering } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'

/** Lavin & Gray 2016, section 4.2: Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, of tiles d of 6x6, filters g of 3x3 and results Y of 4x4. */
const INPUT = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
]
const FILTER = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
]
const RESULT = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
]

type Matrix = readonly (readonly number[])[]

const transposed = (m: Matrix): Matrix => (m[0] ?? []).map((_, column) => m.map((row) => row[column]!))
const mirrored = (m: Matrix): Matrix => m.map((row) => [...row].reverse())

/** M ⊗ M: what M does to a square's rows and to its columns, as one matrix on the square laid out as a vector. */
function onSquares(m: Matrix): { readonly values: Float32Array; readonly dims: readonly [number, number] } {
  const [rows, columns] = [m.length, m[0]?.length ?? 0]
  const values = m.flatMap((a) => m.flatMap((b) => a.flatMap((x) => b.map((y) => x * y))))
  return { values: Float32Array.from(values), dims: [rows ** 2, columns ** 2] }
}

const matrices = {
  input: onSquares(INPUT),
  filter: onSquares(FILTER),
  'mirrored filter': onSquares(mirrored(FILTER)),
  result: onSquares(RESULT),
  'result gradient': onSquares(transposed(RESULT)),
  'filter gradient': onSquares(transposed(FILTER)),
}

/**
 * A transform of squares, here 9, 16 or 36 planes [squares,…]: filters [3,3,I,O] -> [36,I,O], tiles [36,T,C] -> [36,T,C], results
 * [36,T,O] -> [16,T,O] and the gradients back. One product with a small matrix does rows and columns at once.
 */
export function transform(g: Lowering, name: keyof typeof matrices, squares: Raw): Raw {
  const { values, dims } = matrices[name]
  const rest = squares.dims.slice(-2)
  const length = rest[0]! * rest[1]!
  const matrix = g.graph.constant(values, dims, 'float32')
  const product = g.node('MatMul', [matrix, g.reshapeRaw(squares, [dims[1], length])], [dims[0], length])
  return g.reshapeRaw(product, [dims[0], ...rest])
}
