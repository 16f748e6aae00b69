import type { Graph } from '../ir/graph.ts'
import { sizeOf } from '../ir/shape.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'

/** Views of another tensor: no memory of their own. */
export const VIEWS = new Set(['Reshape', 'Identity'])

/**
 * Nodes in the order in which ONNX Runtime runs them: it walks back from the results, depth first, and takes the node that
 * stands last in the file first, among the results as among a node's inputs.
 */
export function executionOrder(graph: Graph): IrNode[] {
  const { nodes } = graph
  const made = graph.makers()
  const consumed = new Uint8Array(nodes.length)
  for (const { inputs } of nodes) {
    for (const input of inputs) if (input && made[input.id]! >= 0) consumed[made[input.id]!] = 1
  }
  // Places of nodes: each is met on the way to what it needs, and once more, inverted, on the way back.
  const stack: number[] = []
  for (let at = 0; at < nodes.length; at++) if (consumed[at] === 0) stack.push(at)
  const visited = new Uint8Array(nodes.length)
  const order: IrNode[] = []
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top < 0) {
      order.push(nodes[~top]!)
      continue
    }
    if (visited[top] === 1) continue
    visited[top] = 1
    stack.push(~top)
    const needed: number[] = []
    for (const input of nodes[top]!.inputs) {
      const maker = input ? made[input.id]! : -1
      if (maker >= 0 && visited[maker] === 0) needed.push(maker)
    }
    stack.push(...needed.sort((a, b) => a - b))
  }
  return order
}

/**
 * Bytes of intermediate tensors alive at once at most, when nodes run in the runtime's order and each tensor is freed after
 * its last use. An estimate of what a session's arena grows to: kernels' own work space is not in it.
 */
export function peakBytes(graph: Graph): number {
  const nodes = executionOrder(graph)
  // By a tensor's number: the one whose memory it is seen through, if it is a view, and where that is last used.
  const owner = new Int32Array(graph.tensors).fill(-1)
  const lastUse = new Int32Array(graph.tensors).fill(-1)
  const own = ({ id }: IrTensor): number => (owner[id]! < 0 ? id : owner[id]!)
  nodes.forEach((node, at) => {
    for (const input of node.inputs) if (input) lastUse[own(input)] = at
    const source = node.inputs[0]
    if (source && VIEWS.has(node.op)) owner[node.outputs[0]!.id] = own(source)
  })
  const freed = new Float64Array(nodes.length)
  let alive = 0
  let peak = 0
  nodes.forEach((node, at) => {
    for (const output of node.outputs) {
      if (owner[output.id]! >= 0) continue
      const bytes = bytesOf(output)
      alive += bytes
      const last = lastUse[output.id]!
      if (last >= 0) freed[last]! += bytes
    }
    peak = Math.max(peak, alive + bytesWithin(node))
    alive -= freed[at]!
  })
  return peak
}

const bytesOf = ({ dims, type }: IrTensor): number => sizeOf(dims) * (type === 'bool' ? 1 : type === 'int64' ? 8 : 4)

/** Bytes of what a node makes and frees within one piece, which all count as alive at once. */
function bytesWithin({ body }: IrNode): number {
  const made = body?.nodes.flatMap(({ op, outputs }) => (VIEWS.has(op) ? [] : outputs)) ?? []
  return made.reduce((sum, raw) => sum + bytesOf(raw), 0)
}
