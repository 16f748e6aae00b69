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
export const RESULT: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
]

export type Matrix = readonly (readonly number[])[]

const transposed = (m: Matrix): Matrix => (m[0] ?? []).map((_, column) => m.map((row) => row[column]!))
const mirrored = (m: Matrix): Matrix => m.map((row) => [...row].reverse())

/** What rows and columns of tiles are multiplied by: 6x6 of inputs, and 4x4 of a gradient by results. */
export const matrices = { input: INPUT, 'result gradient': transposed(RESULT) }

/** M ⊗ M: what M does to a square's rows and to its columns, as one matrix on the square laid out as a vector. */
function onSquares(m: Matrix): { readonly values: Float32Array; readonly dims: readonly [number, number] } {
  const [rows, columns] = [m.length, m[0]?.length ?? 0]
  const values = m.flatMap((a) => m.flatMap((b) => a.flatMap((x) => b.map((y) => x * y))))
  return { values: Float32Array.from(values), dims: [rows ** 2, columns ** 2] }
}

const filterMatrices = {
  filter: onSquares(FILTER),
  'mirrored filter': onSquares(mirrored(FILTER)),
  'filter gradient': onSquares(transposed(FILTER)),
}

/** Filters [3,3,I,O] -> [36,I,O], and gradients of those [36,I,O] -> [9,I,O], by one product. */
export function transformFilter(g: Lowering, name: keyof typeof filterMatrices, filter: Raw): Raw {
  const { values, dims } = filterMatrices[name]
  const rest = filter.dims.slice(-2)
  const length = rest[0]! * rest[1]!
  const matrix = g.graph.constant(values, dims, 'float32')
  const product = g.node('MatMul', [matrix, g.reshapeRaw(filter, [dims[1], length])], [dims[0], length])
  return g.reshapeRaw(product, [dims[0], ...rest])
}
