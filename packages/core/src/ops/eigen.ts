import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'

/** Eigenvalues in ascending order; `vectors[j]` is the unit eigenvector of `values[j]`. */
export interface Eigen {
  readonly values: Float64Array
  readonly vectors: readonly Float64Array[]
}

/** Sweeps that cyclic Jacobi is given; it converges quadratically and needs about ten at 256 x 256. */
const SWEEPS = 60

/**
 * Eigen-decomposition of a symmetric matrix [n,n] in double precision by cyclic Jacobi rotations: each rotation by the angle
 *   t = sign(θ) / (|θ| + √(θ² + 1)),  θ = (a_qq - a_pp) / (2 a_pq)
 * makes one off-diagonal pair zero. Slower than tridiagonal methods and more exact for small eigenvalues, which whitening
 * divides by.
 * @throws StableSigError 'not-finite' when an element is not finite
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  if (!matrix.every(Number.isFinite))
    throw new StableSigError('not-finite', 'the matrix holds values that are not finite')
  const a = Float64Array.from(matrix)
  const v = new Float64Array(n * n)
  for (let i = 0; i < n; i++) v[i * n + i] = 1
  const entry = (i: number, j: number) => at(a, i * n + j)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0
    let all = 0
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        all += entry(i, j) ** 2
        if (i !== j) off += entry(i, j) ** 2
      }
    if (off <= 1e-32 * all) break
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        const apq = entry(p, q)
        if (apq === 0) continue
        const theta = (entry(q, q) - entry(p, p)) / (2 * apq)
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1))
        const c = 1 / Math.hypot(t, 1)
        const s = t * c
        rotateColumns(a, n, p, q, c, s)
        rotateRows(a, n, p, q, c, s)
        rotateColumns(v, n, p, q, c, s)
      }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => entry(i, i) - entry(j, j))
  return {
    values: Float64Array.from(order, (i) => entry(i, i)),
    vectors: order.map((i) => Float64Array.from({ length: n }, (_, row) => at(v, row * n + i))),
  }
}

function rotateColumns(m: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) rotate(m, k * n + p, k * n + q, c, s)
}

function rotateRows(m: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) rotate(m, p * n + k, q * n + k, c, s)
}

function rotate(m: Float64Array, i: number, j: number, c: number, s: number): void {
  const [x, y] = [at(m, i), at(m, j)]
  m[i] = c * x - s * y
  m[j] = s * x + c * y
}
