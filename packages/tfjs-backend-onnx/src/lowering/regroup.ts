import { identity, inverse, type Permutation } from '../ir/permutation.ts'
import type { Value } from '../ir/value.ts'

/** A reshape that leaves memory as it is. */
export interface Regrouping {
  /** Dimensions the raw tensor must have first: its own, or with some repeated axes copied out. */
  readonly source: readonly number[]
  /** Its dimensions after. */
  readonly dims: readonly number[]
  /** Physical order of the new logical axes. */
  readonly perm: Permutation
}

/**
 * How to reshape a value without moving memory, or null where that cannot be.
 *
 * Both shapes fall into groups of equal product, e.g. [N,H,W,C] -> [N,HW,G,C/G] into N | H,W | C. A group of one axis can be
 * split anywhere; a group of several keeps its order only if its axes are neighbours in memory and in logical order there.
 * So NHWC images that lie as NCHW pass through group normalisation's reshapes untouched.
 */
export function regroup(value: Value, shape: readonly number[]): Regrouping | null {
  if (value.shape.includes(0) || value.raw.dims.length !== value.shape.length) return null
  const position = inverse(value.perm)
  const groups = groupsOf(value.shape, shape)
  // Axes longer than 1, in the order in which they lie in memory.
  const order = value.perm.filter((axis) => value.shape[axis] !== 1)
  const rankInMemory = new Map(order.map((axis, i) => [axis, i]))
  for (const { from } of groups) {
    for (let i = 1; i < from.length; i++) {
      if (rankInMemory.get(from[i]!)! !== rankInMemory.get(from[i - 1]!)! + 1) return null
    }
  }
  const source = [...value.raw.dims]
  const repeated = new Set<number>()
  let copied = false
  for (const { from, to } of groups) {
    const ones = from.filter((axis) => value.raw.dims[position[axis]!] === 1)
    if (ones.length === from.length) for (const axis of to) repeated.add(axis)
    else if (ones.length > 0) {
      copied = true
      for (const axis of ones) source[position[axis]!] = value.shape[axis]!
    }
  }
  groups.sort((a, b) => rankInMemory.get(a.from[0]!)! - rankInMemory.get(b.from[0]!)!)
  const perm = withUnitAxes(
    groups.flatMap((g) => g.to),
    shape,
  )
  return {
    source: copied ? source : value.raw.dims,
    dims: perm.map((axis) => (repeated.has(axis) ? 1 : shape[axis]!)),
    perm,
  }
}

/** Axes longer than 1 of both shapes, cut where the running products agree. */
function groupsOf(a: readonly number[], b: readonly number[]): { from: number[]; to: number[] }[] {
  const left = [...a.keys()].filter((i) => a[i] !== 1)
  const right = [...b.keys()].filter((i) => b[i] !== 1)
  const groups: { from: number[]; to: number[] }[] = []
  for (let i = 0, j = 0; i < left.length; ) {
    const from = [left[i++]!]
    const to = [right[j++]!]
    let p = a[from[0]!]!
    let q = b[to[0]!]!
    while (p !== q) {
      if (p < q) {
        p *= a[left[i]!]!
        from.push(left[i++]!)
      } else {
        q *= b[right[j]!]!
        to.push(right[j++]!)
      }
    }
    groups.push({ from, to })
  }
  return groups
}

/** Puts axes of length 1 into a physical order, each behind its logical predecessor; logical order stays the identity. */
export function withUnitAxes(order: readonly number[], shape: readonly number[]): Permutation {
  if (order.every((axis, i) => i === 0 || order[i - 1]! < axis)) return identity(shape.length)
  const perm = [...order]
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) perm.splice(axis === 0 ? 0 : perm.indexOf(axis - 1) + 1, 0, axis)
  }
  return perm
}
