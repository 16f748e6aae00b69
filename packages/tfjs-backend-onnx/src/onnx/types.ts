/** The part of ONNX's format that this backend writes: element types, attributes, nodes and models as plain data. */

/** Element types by their number in TensorProto.DataType. */
export const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 } as const
export type ElementType = keyof typeof elementTypes

/** What an initializer may also be stored as, by the same numbers. */
export const storedTypes = { ...elementTypes, bfloat16: 16 } as const

/** Values of a tensor; booleans are bytes of 0 and 1, half-precision numbers their bits. */
export type TensorValues = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint16Array

/** An attribute: an integer, a float (wrapped, since 1 and 1.0 are one number in JavaScript), text or a list of integers. */
export type Attribute = number | { readonly float: number } | string | readonly number[]
export type Attributes = Readonly<Record<string, Attribute>>

/** Operator domains beside ONNX's own: ONNX Runtime's extra operators, and its blocked layout. */
export type Domain = '' | 'com.microsoft' | 'com.microsoft.nchwc'

export interface NodeProto {
  readonly op: string
  readonly domain: Domain
  /** Names; an empty one stands for an optional input left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Attributes
  /** What a node repeats, such as a Scan's iteration: the attribute of that name. */
  readonly body?: BodyProto
}

/** A graph inside a node. It may name tensors of the graph around it. */
export interface BodyProto {
  readonly nodes: readonly NodeProto[]
  readonly inputs: readonly ValueProto[]
  readonly outputs: readonly ValueProto[]
}

export interface ValueProto {
  readonly name: string
  readonly type: ElementType
  /** A name instead of a length leaves it open. */
  readonly shape: readonly (number | string)[]
}

export interface InitializerProto {
  readonly name: string
  readonly type: keyof typeof storedTypes
  readonly shape: readonly number[]
  readonly values: TensorValues
}

export interface ModelProto {
  readonly nodes: readonly NodeProto[]
  readonly initializers: readonly InitializerProto[]
  readonly inputs: readonly ValueProto[]
  readonly outputs: readonly ValueProto[]
  /** Version of ONNX's operator set. */
  readonly opset?: number
  readonly producer?: { readonly name: string; readonly version: string }
  /** Text for people. */
  readonly description?: string
  /** Names and values for programs. */
  readonly metadata?: Readonly<Record<string, string>>
}
