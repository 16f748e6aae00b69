import {
  type Attribute,
  type BodyProto,
  elementTypes,
  type InitializerProto,
  type ModelProto,
  type NodeProto,
  storedTypes,
  type ValueProto,
} from './types.ts'

/** Opset 20 brings Gelu and ReduceMax on booleans; IR version 9 is the one that belongs to it. */
const OPSET = 20
const IR_VERSION = 9

/** Protocol-buffer encoding into one growing buffer: the few wire forms that an ONNX model needs. */
class ProtoWriter {
  #bytes: Uint8Array
  #at = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
  }

  /** A varint of up to 64 bits; negative integers take ten bytes, as two's complement. */
  #varint(value: number): void {
    this.#reserve(10)
    if (value < 0) {
      let rest = BigInt.asUintN(64, BigInt(value))
      for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128
      this.#bytes[this.#at++] = Number(rest)
      return
    }
    let rest = value
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128
    this.#bytes[this.#at++] = rest
  }

  int(field: number, value: number): void {
    this.#varint(field << 3)
    this.#varint(value)
  }

  float(field: number, value: number): void {
    this.#varint((field << 3) | 5)
    this.#reserve(4)
    new DataView(this.#bytes.buffer).setFloat32(this.#at, value, true)
    this.#at += 4
  }

  bytes(field: number, value: Uint8Array): void {
    this.#varint((field << 3) | 2)
    this.#varint(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** Names that this package makes are ASCII, which needs no encoder; a weights file's may be anything. */
  text(field: number, value: string): void {
    this.#varint((field << 3) | 2)
    const lengthAt = this.#at
    this.#varint(value.length)
    this.#reserve(value.length)
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 127) {
        this.#at = lengthAt
        const encoded = new TextEncoder().encode(value)
        this.#varint(encoded.length)
        this.#reserve(encoded.length)
        this.#bytes.set(encoded, this.#at)
        this.#at += encoded.length
        return
      }
      this.#bytes[this.#at++] = code
    }
  }

  /** A nested message. Its length is only known after it is written: five bytes are kept for it, a varint padded with zeros. */
  message(field: number, write: () => void): void {
    this.#varint((field << 3) | 2)
    this.#reserve(5)
    const lengthAt = this.#at
    this.#at += 5
    write()
    let length = this.#at - lengthAt - 5
    for (let i = 0; i < 4; i++, length >>>= 7) this.#bytes[lengthAt + i] = (length & 127) | 128
    this.#bytes[lengthAt + 4] = length
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }
}

/** Bytes of a model file (onnx.ModelProto). */
export function encodeModel(model: ModelProto): Uint8Array {
  const weights = model.initializers.reduce((sum, t) => sum + t.values.byteLength + 64, 0)
  const w = new ProtoWriter(weights + model.nodes.length * 96 + 4096)
  w.int(1, IR_VERSION)
  if (model.producer) {
    w.text(2, model.producer.name)
    w.text(3, model.producer.version)
  }
  if (model.description) w.text(6, model.description)
  w.message(7, () => writeGraph(w, 'graph', model, model.initializers))
  w.message(8, () => {
    w.text(1, '')
    w.int(2, model.opset ?? OPSET)
  })
  for (const domain of new Set(model.nodes.flatMap((n) => [n, ...(n.body?.nodes ?? [])]).map((n) => n.domain))) {
    if (domain === '') continue
    w.message(8, () => {
      w.text(1, domain)
      w.int(2, 1)
    })
  }
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    w.message(14, () => {
      w.text(1, key)
      w.text(2, value)
    })
  }
  return w.finish()
}

/** GraphProto: a model's, or that of a node's body. */
function writeGraph(
  w: ProtoWriter,
  name: string,
  { nodes, inputs, outputs }: BodyProto,
  initializers: readonly InitializerProto[] = [],
): void {
  for (const node of nodes) w.message(1, () => writeNode(w, node))
  w.text(2, name)
  for (const t of initializers) {
    w.message(5, () => {
      for (const d of t.shape) w.int(1, d)
      w.int(2, storedTypes[t.type])
      w.text(8, t.name)
      w.bytes(9, new Uint8Array(t.values.buffer, t.values.byteOffset, t.values.byteLength))
    })
  }
  for (const v of inputs) writeValue(w, 11, v)
  for (const v of outputs) writeValue(w, 12, v)
}

function writeNode(w: ProtoWriter, node: NodeProto): void {
  for (const name of node.inputs) w.text(1, name)
  for (const name of node.outputs) w.text(2, name)
  w.text(4, node.op)
  if (node.domain !== '') w.text(7, node.domain)
  for (const name in node.attributes) {
    const value = node.attributes[name]!
    w.message(5, () => writeAttribute(w, name, value))
  }
  const { body } = node
  if (!body) return
  // An attribute whose value is a graph.
  w.message(5, () => {
    w.text(1, 'body')
    w.message(6, () => writeGraph(w, 'body', body))
    w.int(20, 5)
  })
}

/** AttributeProto: the value's field and, in field 20, which of them it is. */
function writeAttribute(w: ProtoWriter, name: string, value: Attribute): void {
  w.text(1, name)
  if (typeof value === 'number') {
    w.int(3, value)
    w.int(20, 2)
  } else if (typeof value === 'string') {
    w.text(4, value)
    w.int(20, 3)
  } else if ('float' in value) {
    w.float(2, value.float)
    w.int(20, 1)
  } else {
    for (const item of value) w.int(8, item)
    w.int(20, 7)
  }
}

function writeValue(w: ProtoWriter, field: number, value: ValueProto): void {
  w.message(field, () => {
    w.text(1, value.name)
    w.message(2, () =>
      w.message(1, () => {
        w.int(1, elementTypes[value.type])
        w.message(2, () => {
          for (const d of value.shape) w.message(1, () => (typeof d === 'number' ? w.int(1, d) : w.text(2, d)))
        })
      }),
    )
  })
}
