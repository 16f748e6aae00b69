import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'

export type Matrix = readonly (readonly number[])[]

/** Minimal filtering F(m, 3) along one axis: y = Aᵀ[(G g) ⊙ (Bᵀ d)] of m + 2 inputs d, 3 taps g and m results y. */
export interface Filtering {
  /** Results of a tile. */
  readonly tile: number
  /** Inputs that they come from, and points at which polynomials are multiplied. */
  readonly reach: number
  /** Bᵀ, [reach, reach]. */
  readonly input: Matrix
  /** G, [reach, 3]. */
  readonly filter: Matrix
  /** Aᵀ, [tile, reach]. */
  readonly result: Matrix
}

const TAPS = 3

/**
 * Cook and Toom's construction (Lavin & Gray 2016): polynomials are multiplied at `points` and at infinity.
 * With N_i the product of all p_i - p_j, row i of Aᵀ's transpose has the powers of p_i, row i of G those divided by N_i, and row i
 * of Bᵀ the coefficients of the product of all x - p_j but the i-th.
 */
function filtering(points: readonly number[]): Filtering {
  const reach = points.length + 1
  const tile = reach - TAPS + 1
  const powers = (p: number, length: number) => Array.from({ length }, (_, k) => p ** k)
  const last = (length: number) => Array.from({ length }, (_, k) => (k === length - 1 ? 1 : 0))
  const without = (i: number) => points.filter((_, j) => j !== i)
  const padded = (row: readonly number[]) => Array.from({ length: reach }, (_, k) => row[k] ?? 0)
  const spread = points.map((p, i) => without(i).reduce((product, q) => product * (p - q), 1))
  return {
    tile,
    reach,
    input: [...points.map((_, i) => padded(polynomial(without(i)))), polynomial(points)],
    filter: [...points.map((p, i) => powers(p, TAPS).map((v) => v / spread[i]!)), last(TAPS)],
    result: transposed([...points.map((p) => powers(p, tile)), last(tile)]),
  }
}

/** Coefficients of the product of all x - root, the constant first. */
function polynomial(roots: readonly number[]): number[] {
  let product = [1]
  for (const root of roots) product = [0, ...product].map((v, k) => v - root * (product[k] ?? 0))
  return product
}

const transposed = (m: Matrix): Matrix => (m[0] ?? []).map((_, column) => m.map((row) => row[column]!))

/**
 * Points near 1, with their reciprocals and negatives, err least (Barabasz et al., arXiv:1803.10986): with 1/2 in place of Lavin & Gray's
 * 2 half as much.
 */
export const FOUR = filtering([0, -1, 1, 1 / 2, -2])
export const SIX = filtering([0, -1, 1, 1 / 2, -1 / 2, 2, -2])

/** Which tiles are read of an image: those that results come from, which overlap, or those of gradients by results. */
export type TileKind = 'input' | 'result gradient'

/** What tiles of a kind are multiplied by along an axis, [reach, reach] or [reach, tile]. */
export const matrixOf = (kind: TileKind, axis: Filtering): Matrix =>
  kind === 'input' ? axis.input : transposed(axis.result)

/** Filtering of rows of tiles and of their columns. */
export interface Axes {
  readonly tall: Filtering
  readonly wide: Filtering
}

const filterMatrices = {
  filter: ({ filter }: Filtering) => filter,
  'mirrored filter': ({ filter }: Filtering) => filter.map((row) => [...row].reverse()),
  'filter gradient': ({ filter }: Filtering) => transposed(filter),
}

/** Filters [3,3,I,O] -> [points,I,O], and gradients of those [points,I,O] -> [9,I,O], by one product. */
export function transformFilter(
  g: Lowering,
  name: keyof typeof filterMatrices,
  { tall, wide }: Axes,
  filter: IrTensor,
): IrTensor {
  const [rows, columns] = [filterMatrices[name](tall), filterMatrices[name](wide)]
  // What is done to a square's rows and to its columns, as one matrix on the square laid out as a vector.
  const values = rows.flatMap((a) => columns.flatMap((b) => a.flatMap((x) => b.map((y) => x * y))))
  const to = rows.length * columns.length
  const rest = filter.dims.slice(-2)
  const length = rest[0]! * rest[1]!
  const from = values.length / to
  const matrix = g.graph.constant(Float32Array.from(values), [to, from], 'float32')
  const product = g.node('MatMul', [matrix, g.reshapeRaw(filter, [from, length])], [to, length])
  return g.reshapeRaw(product, [to, ...rest])
}
