import type { DataType, TensorInfo } from '@tensorflow/tfjs-core'
import { Halves } from './halves.ts'
import type { TensorValues } from './onnx/types.ts'
import type { RecordedNode } from './record.ts'

/** Order of a tensor's axes in memory: physical axis p holds logical axis perm[p]. */
export type Permutation = readonly number[]

/**
 * Where a tensor's values are.
 * pending: a recorded kernel will make them. flying: a flush that makes them has begun. resident: here. failed: its flush threw.
 */
export type TensorState = 'pending' | 'flying' | 'resident' | 'failed'

/** Data ids of a complex tensor's real and imaginary parts. */
export interface ComplexParts {
  readonly real: TensorInfo['dataId']
  readonly imag: TensorInfo['dataId']
}

/** What stands behind a tfjs data id. Reshaped and identical tensors share one, so `shape` is only that of its first owner. */
export class TensorData {
  refCount = 1
  state: TensorState
  /** Values in physical order; null until resident, for uniform tensors, and where `halves` keeps them. */
  values: TensorValues | null = null
  /** The values of a constant that needs only half of the memory. */
  halves: Halves | null = null
  /** A complex64 tensor is two float32 ones; it holds a reference to each, and no values of its own. */
  parts: ComplexParts | null = null
  /** Text tensors are kept, never computed with. */
  text: Uint8Array[] | null = null
  /** Physical order of `values`; null is logical order. */
  perm: Permutation | null = null
  /** Every element has this value (host-written scalars, zeros, ones); no array is kept. */
  uniform: number | null = null
  /** Core has said that the values never change (markConstant): they may become part of compiled models. */
  constantHint = false
  /** Hash of the values of such a tensor, once computed. */
  constant: string | null = null
  /** The kernel that makes the values while pending. */
  node: RecordedNode | null = null
  /** Resolves when a flush that makes the values has ended. */
  flight: Promise<void> | null = null
  error: Error | null = null
  /** `values` came from this backend's pool and nobody else holds them. */
  pooled = false
  /** Flushes that read these values and have not ended: the buffer may not be reused before. */
  readers = 0

  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
    state: TensorState,
  ) {
    this.state = state
  }

  get size(): number {
    return sizeOf(this.shape)
  }

  /** Values in physical order, however they are kept; halves are expanded at each call, into an array of the caller's. */
  get expanded(): TensorValues | null {
    return this.values ?? this.halves?.expand() ?? null
  }

  /** Keeps float32 values as halves where these are equal to them; says whether it has. */
  keepAsHalves(): boolean {
    if (!(this.values instanceof Float32Array)) return false
    this.halves = Halves.of(this.values)
    if (this.halves === null) return false
    this.values = null
    this.pooled = false
    return true
  }
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (const d of shape) size *= d
  return size
}

/** The value all elements have, or null. Almost every other tensor fails at its first elements. */
export function uniformValue(values: Float32Array | Int32Array | Uint8Array): number | null {
  if (values.length === 0) return null
  const first = values[0]!
  if (!Object.is(values[values.length - 1], first) || !Object.is(values[values.length >> 1], first)) return null
  // -0 and NaN keep their place: Object.is tells them apart where === would not, and one pass over equal values is fast.
  if (first === 0 || Number.isNaN(first)) {
    for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return null
  } else {
    for (let i = 1; i < values.length; i++) if (values[i] !== first) return null
  }
  return first
}

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
