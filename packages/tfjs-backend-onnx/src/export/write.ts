import { EngineError } from '../errors.ts'
import type { Graph } from '../ir/graph.ts'
import { identity } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { InitializerProto, ModelProto, NodeProto, ValueProto } from '../onnx/types.ts'
import { encodeModel } from '../onnx/writer.ts'
import type { ExportOptions } from './spec.ts'

/** A protobuf message, and so a model file with its weights inside, ends here. */
const MAX_BYTES = 2 ** 31 - 1
/** What nodes may take beside the weights. */
const MARGIN = 2 ** 24

/** Writes a graph as a model file. `outputLengths` gives the length of each output axis, or null where it is open. */
export function writeModel(
  graph: Graph,
  inputs: readonly IrTensor[],
  weights: ReadonlyMap<IrTensor, string>,
  options: ExportOptions,
  isOpen: (output: number, axis: number) => boolean,
): Uint8Array {
  const nameOf = new Names()
  inputs.forEach((raw, i) => void nameOf.give(raw, options.inputs[i]!.name))
  const outputs = graph.outputs.map((raw, i) => {
    const { name } = options.outputs[i]!
    if (raw.producer && !nameOf.has(raw)) nameOf.give(raw, name)
    else nameOf.reserve(name)
    return name
  })
  const used = new Set<IrTensor>(graph.outputs)
  for (const node of graph.nodes) for (const input of node.inputs) if (input) used.add(input)
  const constants = [...used].filter((raw) => raw.values !== null)
  // Whole weights before their other forms, so that the file's names are on what the file holds.
  for (const raw of constants) {
    const name = weights.get(raw)
    if (name !== undefined) nameOf.give(raw, name)
  }
  const nodes: NodeProto[] = graph.nodes.map((node) => ({
    op: node.op,
    domain: node.domain,
    inputs: node.inputs.map((raw) => (raw ? nameOf.of(raw) : '')),
    outputs: node.outputs.map((raw) => nameOf.of(raw)),
    attributes: node.attributes,
  }))
  for (const [i, raw] of graph.outputs.entries()) {
    if (nameOf.of(raw) !== outputs[i])
      nodes.push({ op: 'Identity', domain: '', inputs: [nameOf.of(raw)], outputs: [outputs[i]!], attributes: {} })
  }
  const initializers = constants.map(
    (raw): InitializerProto => ({ name: nameOf.of(raw), type: raw.type, shape: raw.dims, values: raw.values! }),
  )
  const bytes = initializers.reduce((sum, { values }) => sum + values.byteLength, 0)
  if (bytes > MAX_BYTES - MARGIN)
    throw new EngineError('limit', `${bytes} bytes of weights; a model file with its weights inside ends at 2 GiB`)
  const model: ModelProto = {
    nodes,
    initializers,
    inputs: inputs.map((raw, i): ValueProto => {
      const { name, shape, order = identity(shape.length) } = options.inputs[i]!
      return { name, type: raw.type, shape: order.map((axis) => shape[axis]!) }
    }),
    outputs: graph.outputs.map((raw, i): ValueProto => {
      const { name, axes, order = identity(raw.dims.length) } = options.outputs[i]!
      const shape = raw.dims.map((d, p) => (isOpen(i, p) ? (axes?.[order[p]!] ?? `${name}.${p}`) : d))
      return { name, type: raw.type, shape }
    }),
    ...(options.producer ? { producer: options.producer } : {}),
    ...(options.description ? { description: options.description } : {}),
    ...(options.metadata ? { metadata: options.metadata } : {}),
  }
  return encodeModel(model)
}

/** Names of tensors, each given once. */
class Names {
  readonly #of = new Map<IrTensor, string>()
  readonly #taken = new Set<string>()

  has(raw: IrTensor): boolean {
    return this.#of.has(raw)
  }

  reserve(name: string): void {
    this.#taken.add(name)
  }

  give(raw: IrTensor, wanted: string): string {
    let name = wanted
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}.${i}`
    this.#taken.add(name)
    this.#of.set(raw, name)
    return name
  }

  of(raw: IrTensor): string {
    return this.#of.get(raw) ?? this.give(raw, `${raw.values ? 'c' : 'v'}${raw.id}`)
  }
}
