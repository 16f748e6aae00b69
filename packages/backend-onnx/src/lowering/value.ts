import type { Halves } from '../halves.ts'
import type { ElementType, TensorValues } from '../onnx/types.ts'
import type { Permutation } from '../tensors.ts'
import type { IrNode } from './graph.ts'

/** A tensor of the ONNX graph, with its physical dimensions. */
export interface Raw {
  readonly id: number
  readonly dims: readonly number[]
  readonly type: ElementType
  /** The node that makes it; null for inputs and initializers. */
  producer: IrNode | null
  /** Values, where they are known when compiling. */
  values: TensorValues | null
  /** Where the values are kept as halves: the model file has those, and `values` expands them at each call. */
  readonly halves?: Halves
}

/** Whether values are known when compiling, without expanding any. */
export const isConstant = (raw: Raw): boolean => raw.halves !== undefined || raw.values !== null

/**
 * A tfjs tensor while it is lowered: logical shape (NHWC, HWIO, …) over a tensor of the graph in some physical order.
 * Physical axis p of `raw` is logical axis perm[p]. Its dimension is that of `shape`, or 1 where the values repeat along the
 * axis and nobody has needed the copies yet (broadcasts are lazy). A tensor of one repeated value may be a raw scalar of any
 * rank: then `perm` is the identity.
 */
export interface Value {
  readonly raw: Raw
  readonly shape: readonly number[]
  readonly perm: Permutation
}

const identities: Permutation[] = []

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

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
