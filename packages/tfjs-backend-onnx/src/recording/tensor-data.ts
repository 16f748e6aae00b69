import type { DataType, TensorInfo } from '@tensorflow/tfjs-core'
import { Halves } from '../ir/halves.ts'
import type { Permutation } from '../ir/permutation.ts'
import { sizeOf } from '../ir/shape.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { TensorValues } from '../onnx/types.ts'

/**
 * Where a tensor's values are.
 * pending: a recorded kernel will make them. in flight: a flush that makes them has begun. resident: here. failed: its flush threw.
 */
export type TensorState = 'pending' | 'in-flight' | 'resident' | 'failed'

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
  /** The program has said that the values never change (hints.markConstant): they may become part of compiled models. */
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

/** Turns one recorded kernel into ONNX nodes: logical values in, one logical value out for each output. */
export type Lower = (g: Lowering, inputs: readonly Value[]) => Value | readonly Value[]

/** One tfjs kernel call, not yet run. */
export interface RecordedNode {
  /** Number of the kernel's name, attributes, input shapes and types: equal numbers mean equal computations. */
  readonly signature: number
  readonly name: string
  readonly inputs: readonly TensorData[]
  /** Shapes the kernel saw, where a reshape made them differ from the data's own. */
  readonly inputShapes: readonly (readonly number[])[]
  readonly outputs: readonly TensorData[]
  readonly lower: Lower
  /** Order of recording: inputs come before what uses them. */
  readonly order: number
  component: Component
}

/**
 * Pending kernels that depend on one another, a set of a union-find forest. What a read compiles is one component, so two
 * computations that only share resident tensors (weights) never wait for each other's work.
 */
export class Component {
  parent: Component | null = null
  nodes: RecordedNode[] = []
  /** Outputs that somebody still refers to. At 0 the whole component is garbage. */
  live = 0

  root(): Component {
    let top: Component = this
    while (top.parent) top = top.parent
    // Path compression, so that long chains of unions stay cheap.
    for (let c: Component = this; c.parent; ) {
      const next: Component = c.parent
      c.parent = top === c ? null : top
      c = next
    }
    return top
  }
}
