import type { Permutation } from '../ir/permutation.ts'
import type { ElementType } from '../onnx/types.ts'

/** How a leaf enters the model. */
export type LeafRole = 'input' | 'literal' | 'constant'

export interface CompiledInput {
  /** Position among the graph's leaves. */
  readonly leaf: number
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
}

export interface CompiledOutput {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  /** Physical order of the result; null is logical order. */
  readonly perm: Permutation | null
  /** Leaves into whose memory it may be written, where nobody needs them any more. */
  readonly over: readonly number[]
}

export interface CompiledModel {
  /** All of the model but the lengths of its inputs and outputs: models of equal body can share a session. */
  readonly body: string
  readonly inputs: readonly CompiledInput[]
  /** One for each root, in their order. */
  readonly outputs: readonly CompiledOutput[]
  /** Nodes by operator, for reports. */
  readonly operators: Readonly<Record<string, number>>
  /** Bytes of weights inside the model. */
  readonly constantBytes: number
  /** Estimate of the memory that a run needs for intermediate tensors. */
  readonly workBytes: number
}

/** A model and its file. */
export interface Compiled {
  readonly model: CompiledModel
  /** The model file; `anySize` leaves the lengths of inputs and outputs open. */
  encode(anySize: boolean): Uint8Array
}
