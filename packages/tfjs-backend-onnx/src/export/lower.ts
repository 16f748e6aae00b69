import { type DataType, engine, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type { OnnxBackend } from '../backend/backend.ts'
import { lowerKernels } from '../compiler/compile.ts'
import { Graph } from '../ir/graph.ts'
import { identity, inverse, type Permutation, toLogicalOrder } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import { elementType } from '../kernels/call.ts'
import { Lowering, type Target } from '../lowering/lowering.ts'
import type { TensorValues } from '../onnx/types.ts'
import { removeDeadCode } from '../passes/dead-code.ts'
import { type PassName, runPasses } from '../passes/index.ts'
import { liveGraph } from '../recording/flush.ts'
import type { RecordedNode, TensorData } from '../recording/tensor-data.ts'
import { fuseGelu } from './gelu.ts'
import { fuseInstanceNorm } from './instance-norm.ts'
import type { ExportedFunction, ExportOptions } from './spec.ts'

/** A weight as it goes into the file. */
export interface FileWeight {
  readonly name: string
  /** As the function has it. */
  readonly shape: readonly number[]
  /** The function's order, for making its tensor. */
  readonly values: Float32Array
  /** Order of the axes in the file, and the values in it. */
  readonly order: Permutation
  readonly stored: Float32Array
}

/** The graph at one size. */
export interface SizedGraph {
  readonly graph: Graph
  readonly inputs: readonly IrTensor[]
  /** Weights of the graph, by name. */
  readonly weights: ReadonlyMap<IrTensor, string>
}

/** What every ONNX runtime has: no operators of one runtime, no layout of one processor. */
const target: Target = { microsoft: false, block: 0, provider: 'cpu', layout: true, winograd: false }
const portable: ReadonlySet<PassName> = new Set([
  'layout',
  'simplify',
  'common-subexpressions',
  'conv-bias',
  'dead-code',
])

/** tfjs filters [height, width, in, out] in ONNX's order [out, in, height, width]. */
const OIHW: Permutation = [3, 2, 0, 1]

export function fileWeight(name: string, shape: readonly number[], values: Float32Array): FileWeight {
  if (shape.length !== 4) return { name, shape, values, order: identity(shape.length), stored: values }
  const stored = toLogicalOrder(
    values,
    OIHW.map((axis) => shape[axis]!),
    inverse(OIHW),
    new Float32Array(values.length),
  )
  return { name, shape, values, order: OIHW, stored }
}

/** Records the function at given lengths of the open axes and lowers it. Needs the recording backend to be selected. */
export function lowerAt(
  recorder: OnnxBackend,
  build: ExportedFunction,
  weights: ReadonlyMap<string, FileWeight>,
  { inputs, outputs }: Pick<ExportOptions, 'inputs' | 'outputs'>,
  lengthOf: (axis: number | string) => number,
): SizedGraph {
  const graph = new Graph()
  const g = new Lowering(graph, target)
  const values = new Map<TensorData, Value>()
  const inputRaws: IrTensor[] = []
  const named = new Map<IrTensor, string>()
  tidy(() => {
    const fed = inputs.map(({ shape, order = identity(shape.length) }) => {
      const logical = shape.map(lengthOf)
      const made = engine().makeTensorFromTensorInfo(recorder.filled(logical, 'float32', 0))
      const raw = graph.input(
        order.map((axis) => logical[axis]!),
        'float32',
      )
      inputRaws.push(raw)
      values.set(recorder.dataOf(made.dataId), { raw, shape: logical, perm: order })
      return made
    })
    const own: Record<string, Tensor> = {}
    const weightOf = new Map<TensorData, FileWeight>()
    for (const [key, weight] of weights) {
      const made = tensor(weight.values, [...weight.shape], 'float32')
      own[key] = made
      weightOf.set(recorder.dataOf(made.dataId), weight)
    }
    const built = build(own, fed)
    const results = isTensor(built) ? [built] : built
    const roots = results.map((result) => recorder.dataOf(result.dataId))
    const live = liveGraph({ nodes: pendingNodes(roots), roots })
    for (const leaf of [...live.leaves, ...roots.filter((root) => root.state !== 'pending')]) {
      if (!values.has(leaf)) values.set(leaf, constantValue(graph, leaf, weightOf.get(leaf), named))
    }
    lowerKernels(g, live.nodes, values)
    graph.outputs = results.map((result, i) => {
      const value = g.reshape(values.get(roots[i]!)!, result.shape)
      return g.arrange(value, outputs[i]?.order ?? identity(result.shape.length))
    })
  })
  runPasses(graph, target, portable)
  fuseInstanceNorm(graph)
  fuseGelu(graph)
  runPasses(graph, target, new Set<PassName>(['simplify', 'common-subexpressions']))
  removeDeadCode(graph)
  return { graph, inputs: inputRaws, weights: named }
}

function isTensor(built: Tensor | readonly Tensor[]): built is Tensor {
  return !Array.isArray(built)
}

/** Every recorded kernel that leads to the roots, in the order of recording. */
function pendingNodes(roots: readonly TensorData[]): RecordedNode[] {
  const found = new Set<RecordedNode>()
  const open = roots.map((root) => root.node)
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === null || found.has(node)) continue
    found.add(node)
    for (const input of node.inputs) open.push(input.node)
  }
  return [...found].sort((a, b) => a.order - b.order)
}

/** Weights keep their names and all of their values; what the function itself makes is a constant without a name. */
function constantValue(
  graph: Graph,
  leaf: TensorData,
  weight: FileWeight | undefined,
  named: Map<IrTensor, string>,
): Value {
  const { shape } = leaf
  if (weight) {
    const dims = weight.order.map((axis) => weight.shape[axis]!)
    const raw = graph.raw(dims, 'float32', weight.stored)
    named.set(raw, weight.name)
    return { raw, shape: weight.shape, perm: weight.order }
  }
  const type = elementType(leaf.dtype satisfies DataType)
  if (leaf.uniform !== null) return { raw: graph.scalar(leaf.uniform, type), shape, perm: identity(shape.length) }
  const values: TensorValues | null = leaf.expanded
  if (values === null) throw new TypeError(`a tensor [${shape}] has no values`)
  return { raw: graph.constant(values, shape, type), shape, perm: identity(shape.length) }
}
