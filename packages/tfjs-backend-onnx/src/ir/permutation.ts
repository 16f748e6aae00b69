import type { TensorValues } from '../onnx/types.ts'

/** Order of a tensor's axes in memory: physical axis p holds logical axis perm[p]. */
export type Permutation = readonly number[]

/** Copies values from physical into logical order. `shape` is logical; `out` has as many elements. */
export function toLogicalOrder<T extends TensorValues>(
  values: T,
  shape: readonly number[],
  perm: Permutation,
  out: T,
): T {
  const rank = shape.length
  // Stride in `out` of each physical axis, walked in physical order: reads are sequential.
  const strides = new Array<number>(rank).fill(1)
  for (let i = rank - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!
  const step = perm.map((axis) => strides[axis]!)
  const dims = perm.map((axis) => shape[axis]!)
  const inner = dims[rank - 1]!
  const innerStep = step[rank - 1]!
  const index = new Array<number>(rank).fill(0)
  let at = 0
  for (let read = 0; read < values.length; ) {
    for (let i = 0, w = at; i < inner; i++, w += innerStep) out[w] = values[read++]!
    for (let axis = rank - 2; axis >= 0; axis--) {
      at += step[axis]!
      if (++index[axis]! < dims[axis]!) break
      at -= step[axis]! * dims[axis]!
      index[axis] = 0
    }
  }
  return out
}

export const identities: Permutation[] = []

/** Logical order for a rank: [0, 1, …]. One object a rank, so that comparing is cheap. */
export function identity(rank: number): Permutation {
  let perm = identities[rank]
  if (perm === undefined) identities[rank] = perm = Array.from({ length: rank }, (_, i) => i)
  return perm
}

export function isIdentity(perm: Permutation): boolean {
  for (let i = 0; i < perm.length; i++) if (perm[i] !== i) return false
  return true
}

export function samePermutation(a: Permutation, b: Permutation): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** inverse[perm[i]] = i. */
export function inverse(perm: Permutation): number[] {
  const result = new Array<number>(perm.length)
  for (let i = 0; i < perm.length; i++) result[perm[i]!] = i
  return result
}
