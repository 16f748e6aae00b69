import type { Graph } from '../ir/graph.ts'
import { identity, inverse, isIdentity, type Permutation, samePermutation } from '../ir/permutation.ts'
import { sameShape, sizeOf } from '../ir/shape.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import type { Attributes, Domain, ElementType } from '../onnx/types.ts'
import { regroup } from './regroup.ts'

/** What a compile may use: settled by options and by probes of the runtime. */
export interface Target {
  /** ONNX Runtime's own operators (FusedMatMul, Gelu, …). */
  readonly microsoft: boolean
  /** Channels in a block of ONNX Runtime's blocked layout; 0 where it is not to be used. */
  readonly block: number
  readonly provider: 'cpu' | 'cuda' | 'webgpu'
  /** Conversions of layout are put off as long as possible; without it every kernel works in logical order. */
  readonly layout: boolean
  /** Convolutions of many channels by trained filters go by minimal filtering. */
  readonly winograd: boolean
}

/**
 * The kernels' view of the graph. It answers one question for them: in which physical order is this value, and how does it
 * get into the one I need? Conversions are made once a value and order.
 */
export class Lowering {
  readonly #memo = new Map<string, IrTensor>()

  constructor(
    readonly graph: Graph,
    readonly target: Target,
  ) {}

  /** A node over physical tensors. */
  node(
    op: string,
    inputs: (IrTensor | null)[],
    dims: readonly number[],
    type: ElementType = 'float32',
    attributes: Attributes = {},
    domain: Domain = '',
  ): IrTensor {
    return this.graph.node(op, inputs, dims, type, attributes, domain)
  }

  float(value: number): IrTensor {
    return this.graph.float(value)
  }

  integers(values: readonly number[]): IrTensor {
    return this.graph.integers(values)
  }

  table(name: string, make: () => Int32Array | Float32Array, dims?: readonly number[]): IrTensor {
    return this.graph.table(name, make, dims)
  }

  /** A value whose memory is in logical order, or in `perm`. Without the layout pass it is brought into logical order at once. */
  value(raw: IrTensor, shape: readonly number[], perm: Permutation = identity(shape.length)): Value {
    const value = { raw, shape, perm }
    if (this.target.layout || isIdentity(perm)) return value
    return { raw: this.arrange(value, identity(shape.length)), shape, perm: identity(shape.length) }
  }

  reshapeRaw(raw: IrTensor, dims: readonly number[]): IrTensor {
    if (sameShape(raw.dims, dims)) return raw
    return this.#once(`r${raw.id}[${dims}`, () => this.graph.reshape(raw, dims))
  }

  transposeRaw(raw: IrTensor, perm: Permutation): IrTensor {
    if (isIdentity(perm)) return raw
    // Moving axes of length 1 is no move in memory.
    const moved = perm.filter((axis) => raw.dims[axis] !== 1)
    const dims = perm.map((axis) => raw.dims[axis]!)
    if (moved.every((axis, i) => i === 0 || moved[i - 1]! < axis)) return this.reshapeRaw(raw, dims)
    return this.#once(`t${raw.id}[${perm}`, () => {
      const result = this.node('Transpose', [raw], dims, raw.type, { perm })
      this.#memo.set(`t${result.id}[${inverse(perm)}`, raw)
      return result
    })
  }

  /** Copies repeated values out: `raw` with every axis at its full length. */
  full(value: Value): Value {
    const dims = value.perm.map((axis) => value.shape[axis]!)
    if (sameShape(value.raw.dims, dims)) return value
    if (sizeOf(value.raw.dims) === 1 && sizeOf(dims) === 1) return { ...value, raw: this.reshapeRaw(value.raw, dims) }
    return { ...value, raw: this.#expand(value.raw, dims) }
  }

  /** The whole value in physical order `perm`. */
  arrange(value: Value, perm: Permutation): IrTensor {
    return this.full(this.arrangeLazily(value, perm)).raw
  }

  /** The same, with repeated axes left at length 1. */
  arrangeLazily(value: Value, perm: Permutation): Value {
    if (value.raw.dims.length !== value.shape.length) {
      return {
        raw: this.reshapeRaw(
          value.raw,
          value.shape.map(() => 1),
        ),
        shape: value.shape,
        perm,
      }
    }
    if (samePermutation(value.perm, perm)) return value
    const position = inverse(value.perm)
    return {
      raw: this.transposeRaw(
        value.raw,
        perm.map((axis) => position[axis]!),
      ),
      shape: value.shape,
      perm,
    }
  }

  /** The whole value in logical order. */
  logical(value: Value): IrTensor {
    return this.arrange(value, identity(value.shape.length))
  }

  /** Another order of the logical axes: nothing moves in memory. `axes[i]` is the old axis that becomes axis i. */
  transpose(value: Value, axes: readonly number[]): Value {
    const shape = axes.map((axis) => value.shape[axis]!)
    if (value.raw.dims.length !== value.shape.length) return { raw: value.raw, shape, perm: identity(shape.length) }
    const place = inverse(axes)
    return this.value(
      value.raw,
      shape,
      value.perm.map((axis) => place[axis]!),
    )
  }

  /** The same elements in logical order under another shape; memory moves only where a merged group of axes is not adjacent. */
  reshape(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.shape, shape)) return value
    if (sizeOf(value.raw.dims) === 1) return this.uniform(value.raw, shape)
    const groups = regroup(value, shape)
    if (groups)
      return { raw: this.reshapeRaw(this.#expand(value.raw, groups.source), groups.dims), shape, perm: groups.perm }
    return this.value(this.reshapeRaw(this.logical(value), shape), shape)
  }

  #expand(raw: IrTensor, dims: readonly number[]): IrTensor {
    if (sameShape(raw.dims, dims)) return raw
    return this.#once(`e${raw.id}[${dims}`, () => this.node('Expand', [raw, this.integers(dims)], dims, raw.type))
  }

  /** A tensor of one repeated value. */
  uniform(raw: IrTensor, shape: readonly number[]): Value {
    return { raw: this.reshapeRaw(raw, []), shape, perm: identity(shape.length) }
  }

  /** Applies an elementwise operation to values that broadcast to `shape`, in the physical order of the largest of them. */
  elementwise(
    inputs: readonly Value[],
    shape: readonly number[],
    build: (raws: IrTensor[], dims: readonly number[]) => IrTensor,
  ): Value {
    const rank = shape.length
    const widened = inputs.map((v) => this.widen(v, rank))
    let leader: Value | null = null
    for (const v of widened) {
      if (sizeOf(v.raw.dims) === 1) continue
      if (leader === null || preferred(v, leader)) leader = v
    }
    if (leader === null) {
      const raws = widened.map((v) => this.reshapeRaw(v.raw, []))
      return { raw: build(raws, []), shape, perm: identity(rank) }
    }
    const perm = leader.perm
    const raws = widened.map((v) =>
      sizeOf(v.raw.dims) === 1 ? this.reshapeRaw(v.raw, []) : this.arrangeLazily(v, perm).raw,
    )
    const dims = perm.map((_, p) => raws.reduce((d, raw) => Math.max(d, raw.dims.length ? raw.dims[p]! : 1), 1))
    // A length of 0 is no repetition.
    perm.forEach((axis, p) => {
      if (shape[axis] === 0) dims[p] = 0
    })
    return { raw: build(raws, dims), shape, perm }
  }

  /** Leading axes of length 1, as broadcasting adds them. */
  widen(value: Value, rank: number): Value {
    const added = rank - value.shape.length
    if (added === 0 || sizeOf(value.raw.dims) === 1) return value
    const ones = identity(added).map(() => 1)
    return {
      raw: this.reshapeRaw(value.raw, [...ones, ...value.raw.dims]),
      shape: [...ones, ...value.shape],
      perm: [...identity(added), ...value.perm.map((axis) => axis + added)],
    }
  }

  #once(key: string, make: () => IrTensor): IrTensor {
    let raw = this.#memo.get(key)
    if (raw === undefined) {
      raw = make()
      this.#memo.set(key, raw)
    }
    return raw
  }
}

/** The larger value leads; among equals one that is already out of logical order, since what it came from is. */
function preferred(v: Value, leader: Value): boolean {
  const a = sizeOf(v.raw.dims)
  const b = sizeOf(leader.raw.dims)
  return a > b || (a === b && isIdentity(leader.perm) && !isIdentity(v.perm))
}
