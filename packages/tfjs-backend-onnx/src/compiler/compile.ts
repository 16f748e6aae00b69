import { EngineError } from '../errors.ts'
import { Graph } from '../ir/graph.ts'
import { identity, isIdentity } from '../ir/permutation.ts'
import { sameShape } from '../ir/shape.ts'
import { type IrNode, type IrTensor, isConstant } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import { elementType } from '../kernels/call.ts'
import { Lowering, type Target } from '../lowering/lowering.ts'
import { elementTypes, type InitializerProto, type NodeProto, type ValueProto } from '../onnx/types.ts'
import { encodeModel } from '../onnx/writer.ts'
import { overwritableInputs } from '../passes/in-place.ts'
import { type PassName, runPasses } from '../passes/index.ts'
import type { LiveGraph } from '../recording/flush.ts'
import type { RecordedNode, TensorData } from '../recording/tensor-data.ts'
import { bodyOf } from './body.ts'
import type { Compiled, CompiledInput, CompiledOutput, LeafRole } from './compiled-model.ts'
import { peakBytes } from './peak-memory.ts'

/** Lowers a live graph, runs the passes and writes the model. `roles` says for each leaf how it enters. */
export function compile(
  live: LiveGraph,
  roles: readonly LeafRole[],
  target: Target,
  passes: ReadonlySet<PassName>,
): Compiled {
  const graph = new Graph()
  const g = new Lowering(graph, target)
  const values = new Map<TensorData, Value>()
  const leafInputs: { leaf: number; raw: IrTensor }[] = []
  live.leaves.forEach((leaf, i) => {
    values.set(
      leaf,
      leafValue(graph, leaf, roles[i]!, (raw) => leafInputs.push({ leaf: i, raw })),
    )
  })
  lowerKernels(g, live.nodes, values)
  const results = live.roots.map((root) => g.full(values.get(root)!))
  graph.outputs = results.map((v) => (v.raw.dims.length === v.shape.length ? v.raw : g.reshapeRaw(v.raw, v.shape)))
  runPasses(graph, target, passes)
  return emit(graph, leafInputs, results, passes.has('in-place'))
}

/** Lowers recorded kernels in their order: `values` holds what they start from, and takes what they make. */
export function lowerKernels(g: Lowering, nodes: readonly RecordedNode[], values: Map<TensorData, Value>): void {
  for (const node of nodes) {
    const inputs = node.inputs.map((input, i) => g.reshape(values.get(input)!, node.inputShapes[i]!))
    const lowered = node.lower(g, inputs)
    const results = Array.isArray(lowered) ? lowered : [lowered]
    node.outputs.forEach((output, i) => {
      const value: Value = results[i]!
      if (!sameShape(value.shape, output.shape)) {
        throw new EngineError('unsupported', `${node.name}: lowered to [${value.shape}], recorded as [${output.shape}]`)
      }
      values.set(output, value)
    })
  }
}

function leafValue(graph: Graph, leaf: TensorData, role: LeafRole, asInput: (raw: IrTensor) => void): Value {
  const type = elementType(leaf.dtype)
  const rank = leaf.shape.length
  if (leaf.uniform !== null) {
    // One value for all elements: a scalar that repeats, whether known now or fed.
    const raw = role === 'literal' ? graph.scalar(leaf.uniform, type) : graph.input([], type)
    if (role !== 'literal') asInput(raw)
    return { raw, shape: leaf.shape, perm: identity(rank) }
  }
  const perm = leaf.perm ?? identity(rank)
  const dims = perm.map((axis) => leaf.shape[axis]!)
  if (role === 'constant') {
    const raw = leaf.halves ? graph.halves(dims, leaf.halves) : graph.raw(dims, type, leaf.values)
    return { raw, shape: leaf.shape, perm }
  }
  // No runtime takes bfloat16 from JavaScript: those halves are widened before they are fed.
  const half = leaf.halves?.format === 'float16'
  const raw = graph.input(dims, half ? 'float16' : type)
  asInput(raw)
  return { raw: half ? graph.node('Cast', [raw], dims, type, TO_FLOAT32) : raw, shape: leaf.shape, perm }
}

function emit(
  graph: Graph,
  leafInputs: readonly { leaf: number; raw: IrTensor }[],
  results: readonly Value[],
  inPlace: boolean,
): Compiled {
  // A computed tensor that is a root is named as the output at once; a node that copies it would cost a pass over it.
  const outputNames = new Map<IrTensor, string>()
  graph.outputs.forEach((raw, i) => {
    if (raw.producer && !outputNames.has(raw)) outputNames.set(raw, `o${i}`)
  })
  const name = (raw: IrTensor | null) => (raw === null ? '' : (outputNames.get(raw) ?? `v${raw.id}`))
  const used = new Set<IrTensor>(graph.outputs)
  for (const node of graph.nodes)
    for (const { inputs } of [node, ...(node.body?.nodes ?? [])]) for (const input of inputs) if (input) used.add(input)
  const nodes: NodeProto[] = graph.nodes.map((node) => nodeProto(node, name))
  const proto = { inputs: [] as CompiledInput[], outputs: [] as CompiledOutput[] }
  for (const { leaf, raw } of leafInputs) {
    if (used.has(raw)) proto.inputs.push({ leaf, name: name(raw), type: raw.type, dims: raw.dims })
  }
  const overwritable = inPlace ? overwritableInputs(graph) : new Map<IrTensor, IrTensor[]>()
  const leafOf = new Map(leafInputs.map(({ leaf, raw }) => [raw, leaf]))
  graph.outputs.forEach((raw, i) => {
    // One tensor may be several roots, and an input or a constant may be one.
    if (outputNames.get(raw) !== `o${i}`)
      nodes.push({ op: 'Identity', domain: '', inputs: [name(raw)], outputs: [`o${i}`], attributes: {} })
    const perm = results[i]!.perm
    const inputs = outputNames.get(raw) === `o${i}` ? (overwritable.get(raw) ?? []) : []
    const over = inputs.flatMap((input) => leafOf.get(input) ?? [])
    proto.outputs.push({ name: `o${i}`, type: raw.type, dims: raw.dims, perm: isIdentity(perm) ? null : perm, over })
  })
  const initializers = [...used].filter(isConstant)
  const operators: Record<string, number> = {}
  for (const n of nodes) operators[n.op] = (operators[n.op] ?? 0) + 1
  const encode = (anySize: boolean) => {
    const value = ({ name, type, dims }: CompiledInput | CompiledOutput): ValueProto => ({
      name,
      type,
      shape: anySize ? dims.map((_, axis) => `${name}.${axis}`) : dims,
    })
    return encodeModel({
      nodes: [...initializers.filter((raw) => raw.halves).map((raw) => widening(name(raw))), ...nodes],
      initializers: initializers.map((raw) => stored(raw, name(raw))),
      inputs: proto.inputs.map(value),
      outputs: proto.outputs.map(value),
    })
  }
  const model = {
    body: bodyOf(nodes, initializers, proto),
    ...proto,
    operators,
    constantBytes: initializers.reduce((sum, raw) => sum + bytesInSession(raw), 0),
    workBytes: peakBytes(graph),
  }
  return { model, encode }
}

/** A node as the file has it. What a body reads whole of the graph around it, it names as that does. */
function nodeProto(node: IrNode, name: (raw: IrTensor | null) => string): NodeProto {
  const { op, domain, attributes, body } = node
  const outputs = node.outputs.map(name)
  if (!body) return { op, domain, inputs: node.inputs.map(name), outputs, attributes }
  const given = body.states + body.pieces
  const whole = new Map(body.parameters.slice(given).map((raw, i) => [raw, name(node.inputs[given + i]!)]))
  const inner = (raw: IrTensor | null) => (raw && whole.get(raw)) ?? name(raw)
  const value = (raw: IrTensor): ValueProto => ({ name: inner(raw), type: raw.type, shape: raw.dims })
  return {
    op,
    domain,
    inputs: node.inputs.slice(0, given).map(name),
    outputs,
    attributes,
    body: {
      nodes: body.nodes.map((within) => nodeProto(within, inner)),
      inputs: body.parameters.slice(0, given).map(value),
      outputs: body.results.map(value),
    },
  }
}

/** A constant as the file has it. Halves have a name of their own, and become what the graph names by a Cast. */
const stored = (raw: IrTensor, name: string): InitializerProto =>
  raw.halves
    ? { name: `${name}.half`, type: raw.halves.format, shape: raw.dims, values: raw.halves.bits }
    : { name, type: raw.type, shape: raw.dims, values: raw.values! }

const TO_FLOAT32 = { to: elementTypes.float32 } as const

/** From halves to float32, exactly. A runtime does it once, when it makes the session. */
const widening = (name: string): NodeProto => ({
  op: 'Cast',
  domain: '',
  inputs: [`${name}.half`],
  outputs: [name],
  attributes: TO_FLOAT32,
})

/** What a session holds of a constant: halves are widened there. */
const bytesInSession = (raw: IrTensor): number => (raw.halves ? 2 * raw.halves.byteLength : raw.values!.byteLength)
