import { halfBits } from '../onnx/half.ts'
import type { Attributes, Domain, ElementType, TensorValues } from '../onnx/types.ts'
import type { Halves } from './halves.ts'
import { sizeOf } from './shape.ts'
import type { Body, IrNode, IrTensor } from './tensor.ts'

/** Inputs of a Scan, or what stands for them inside. */
export interface ScanTensors {
  /** What one piece hands to the next, and the last one to the graph. */
  readonly states?: readonly IrTensor[]
  /** Tensors that are cut along their first axis, a piece an index. */
  readonly pieces: readonly IrTensor[]
  /** Tensors that every piece reads whole. Constants need not be named. */
  readonly whole: readonly IrTensor[]
}

/** A graph of ONNX nodes with known shapes. Nodes stand in topological order; passes rewrite the list. */
export class Graph {
  nodes: IrNode[] = []
  inputs: IrTensor[] = []
  outputs: IrTensor[] = []
  #nextId = 0
  readonly #constants = new Map<string, IrTensor>()
  readonly #integers = new Map<string, IrTensor>()
  readonly #tables = new Map<string, IrTensor>()

  /** Tensors made so far: each has a number below it. */
  get tensors(): number {
    return this.#nextId
  }

  /** By a tensor's number, the place among the nodes of the one that makes it; -1 where none does. */
  makers(): Int32Array {
    const places = new Int32Array(this.#nextId).fill(-1)
    this.nodes.forEach(({ outputs }, place) => {
      for (const output of outputs) places[output.id] = place
    })
    return places
  }

  raw(dims: readonly number[], type: ElementType, values: TensorValues | null = null): IrTensor {
    return { id: this.#nextId++, dims, type, producer: null, values }
  }

  /** A constant of float32 whose values are kept as halves. */
  halves(dims: readonly number[], halves: Halves): IrTensor {
    return {
      id: this.#nextId++,
      dims,
      type: 'float32',
      producer: null,
      halves,
      get values() {
        return halves.expand()
      },
    }
  }

  input(dims: readonly number[], type: ElementType): IrTensor {
    const raw = this.raw(dims, type)
    this.inputs.push(raw)
    return raw
  }

  /** Adds a node of one output. */
  node(
    op: string,
    inputs: (IrTensor | null)[],
    dims: readonly number[],
    type: ElementType,
    attributes: Attributes = {},
    domain: Domain = '',
  ): IrTensor {
    return this.nodes_(op, inputs, [{ dims, type }], attributes, domain)[0]!
  }

  reshape(raw: IrTensor, dims: readonly number[]): IrTensor {
    return this.node('Reshape', [raw, this.integers(dims)], dims, raw.type)
  }

  /** Adds a node of several outputs. */
  nodes_(
    op: string,
    inputs: (IrTensor | null)[],
    outputs: readonly { readonly dims: readonly number[]; readonly type: ElementType }[],
    attributes: Attributes = {},
    domain: Domain = '',
  ): IrTensor[] {
    const node: IrNode = { op, domain, inputs, outputs: outputs.map((o) => this.raw(o.dims, o.type)), attributes }
    for (const output of node.outputs) output.producer = node
    this.nodes.push(node)
    return node.outputs
  }

  /**
   * Adds a node that does the same for each piece, one after the other, so that what it makes in between stays in the processor's
   * caches. Gives the last states and the pieces' results, these along a new first axis. `build` must make all that it uses
   * from what it is given and from constants.
   */
  scan(
    { states = [], pieces, whole }: ScanTensors,
    build: (inside: Required<ScanTensors>) => {
      readonly states?: readonly IrTensor[]
      readonly results: readonly IrTensor[]
    },
  ): IrTensor[] {
    const like = ({ dims, type }: IrTensor) => this.raw(dims, type)
    const inside = {
      states: states.map(like),
      pieces: pieces.map(({ dims, type }) => this.raw(dims.slice(1), type)),
      whole: whole.map(like),
    }
    let made: ReturnType<typeof build> = { results: [] }
    const nodes = this.within([], () => {
      made = build(inside)
    })
    return this.repeat([...states, ...pieces, ...whole], {
      parameters: [...inside.states, ...inside.pieces, ...inside.whole],
      states: states.length,
      pieces: pieces.length,
      nodes,
      results: [...(made.states ?? []), ...made.results],
    })
  }

  /** Adds a Scan of a body that is there: its last states, then its results along a new first axis. */
  repeat(inputs: (IrTensor | null)[], body: Body): IrTensor[] {
    const count = inputs[body.states]?.dims[0] ?? 0
    const outputs = body.results.map(({ dims, type }, i) => ({ dims: i < body.states ? dims : [count, ...dims], type }))
    const made = this.nodes_('Scan', inputs, outputs, { num_scan_inputs: body.pieces })
    made[0]!.producer!.body = body
    return made
  }

  /** Nodes of a body: those given, and behind them what `build` adds. */
  within(nodes: readonly IrNode[], build: () => void): IrNode[] {
    const around = this.nodes
    this.nodes = [...nodes]
    build()
    const own = this.nodes
    this.nodes = around
    return own
  }

  /** A constant tensor; small ones with equal values are one. */
  constant(values: TensorValues, dims: readonly number[], type: ElementType): IrTensor {
    if (values.length !== sizeOf(dims)) throw new RangeError(`constant of ${values.length} values for [${dims}]`)
    if (values.length > 64) return this.raw(dims, type, values)
    // Negative zero and NaN print as 0 and NaN: their bits tell them apart.
    const bits =
      values instanceof Float32Array ? new Int32Array(values.buffer, values.byteOffset, values.length) : values
    const key = `${type}[${dims}]${bits}`
    let raw = this.#constants.get(key)
    if (raw === undefined) {
      raw = this.raw(dims, type, values)
      this.#constants.set(key, raw)
    }
    return raw
  }

  float(value: number): IrTensor {
    return this.constant(Float32Array.of(value), [], 'float32')
  }

  /** A list of 32-bit indices or factors, made and stored once a name: long ones are not found again by their values. */
  table(name: string, make: () => Int32Array | Float32Array, dims?: readonly number[]): IrTensor {
    let raw = this.#tables.get(name)
    if (raw === undefined) {
      const values = make()
      raw = this.constant(values, dims ?? [values.length], values instanceof Int32Array ? 'int32' : 'float32')
      this.#tables.set(name, raw)
    }
    return raw
  }

  /** A scalar of a type. */
  scalar(value: number, type: ElementType): IrTensor {
    return this.constant(filled(type, 1, value), [], type)
  }

  /** A list of 64-bit integers: shapes, axes, offsets. Half of all constants asked for, and most of them asked for often. */
  integers(values: readonly number[]): IrTensor {
    const key = values.join()
    let raw = this.#integers.get(key)
    if (raw === undefined) {
      raw = this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64')
      this.#integers.set(key, raw)
    }
    return raw
  }
}

/** An array of one value. */
export function filled(type: ElementType, length: number, value: number): TensorValues {
  switch (type) {
    case 'float32':
      return new Float32Array(length).fill(value)
    case 'int32':
      return new Int32Array(length).fill(value)
    case 'int64':
      return new BigInt64Array(length).fill(BigInt(value))
    case 'float16':
      return new Uint16Array(length).fill(halfBits(value))
    default:
      return new Uint8Array(length).fill(value)
  }
}

/** The scalar that a constant holds, or null. */
export function scalarValue(raw: IrTensor | null | undefined): number | null {
  if (raw?.values?.length !== 1) return null
  return Number(raw.values[0]!)
}
