import { EngineError } from '../errors.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { operationKey } from '../lowering/node-key.ts'
import type { TensorValues } from '../onnx/types.ts'
import type { SizedGraph } from './lower.ts'

/** The same graph at several sizes, node beside node. */
export interface Unified {
  /** The same node in every sample, by that of the first. */
  readonly nodes: ReadonlyMap<IrNode, readonly IrNode[]>
  /** The same tensor in every sample, by that of the first; constants are compared where they are used. */
  readonly tensors: ReadonlyMap<IrTensor, readonly IrTensor[]>
}

/**
 * Lays graphs beside one another that differ in sizes alone.
 * @throws EngineError 'unsupported' where they differ in more: then the function cannot be exported for every size
 */
export function unify(samples: readonly SizedGraph[]): Unified {
  const first = samples[0]!
  const nodes = new Map<IrNode, readonly IrNode[]>()
  const tensors = new Map<IrTensor, readonly IrTensor[]>()
  first.inputs.forEach((raw, i) => {
    tensors.set(
      raw,
      samples.map((s) => s.inputs[i]!),
    )
  })
  for (const [i, node] of first.graph.nodes.entries()) {
    const row = samples.map((s) => s.graph.nodes[i])
    const same = row.filter((other) => other !== undefined && sameNode(node, other, tensors, row.indexOf(other)))
    if (same.length < row.length) throw differs(node, row)
    const found = row.filter((other) => other !== undefined)
    nodes.set(node, found)
    for (const [o, output] of node.outputs.entries()) {
      tensors.set(
        output,
        found.map((other) => other.outputs[o]!),
      )
    }
  }
  for (const s of samples) {
    if (s.graph.nodes.length !== first.graph.nodes.length) throw differs(s.graph.nodes.at(-1)!, [])
  }
  return { nodes, tensors }
}

function sameNode(node: IrNode, other: IrNode, tensors: Unified['tensors'], sample: number): boolean {
  if (operationKey(node) !== operationKey(other) || node.inputs.length !== other.inputs.length) return false
  if (node.outputs.some(({ type }, i) => type !== other.outputs[i]!.type)) return false
  // What a node repeats is made for one size.
  if (node.body || other.body) return false
  return node.inputs.every((input, i) => {
    const theirs = other.inputs[i]
    if (!input || !theirs) return input === theirs
    if (input.values || theirs.values)
      return input.values !== null && theirs.values !== null && input.type === theirs.type
    return tensors.get(input)?.[sample] === theirs
  })
}

function differs(node: IrNode, row: readonly (IrNode | undefined)[]): EngineError {
  const other = row.find((o) => o !== undefined && (o.op !== node.op || text(o) !== text(node)))
  const found = other ? `${text(node)} at one size and ${text(other)} at another` : `${text(node)} at some sizes alone`
  return new EngineError(
    'unsupported',
    `the graph itself depends on the size of its input (${found}), so that no one model serves all sizes; ` +
      'give the input fixed lengths, or make the function do the same at every size',
  )
}

const text = (node: IrNode) => `${node.op}${JSON.stringify(node.attributes)}`

/** Whether two constants are the same numbers. */
export function sameValues(a: TensorValues | null, b: TensorValues | null): boolean {
  if (a === b) return true
  if (!a || !b || a.byteLength !== b.byteLength) return false
  const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength)
  const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength)
  return left.every((byte, i) => byte === right[i])
}
