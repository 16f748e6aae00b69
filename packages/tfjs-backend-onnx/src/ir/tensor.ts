import type { Attributes, Domain, ElementType, TensorValues } from '../onnx/types.ts'

import type { Halves } from './halves.ts'

/** A tensor of the ONNX graph, with its physical dimensions. */
export interface IrTensor {
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
export const isConstant = (raw: IrTensor): boolean => raw.halves !== undefined || raw.values !== null

/** A node of the graph under construction. `inputs` may hold null for an optional input left out. */
export interface IrNode {
  op: string
  domain: Domain
  inputs: (IrTensor | null)[]
  outputs: IrTensor[]
  attributes: Attributes
  body?: Body
}

/** What a Scan node does for each piece of what it goes through. */
export interface Body {
  /** For each input of the node what stands for it inside: states, then pieces, then whole tensors. */
  readonly parameters: IrTensor[]
  /** How many of these are states, and how many pieces. */
  readonly states: number
  readonly pieces: number
  readonly nodes: IrNode[]
  /** The states as the next piece finds them, then this piece's results. */
  readonly results: IrTensor[]
}
