import type { Graph, IrNode } from './lowering/graph.ts'
import type { Raw } from './lowering/value.ts'
import { sizeOf } from './tensors.ts'

/** Views of another tensor: no memory of their own. */
export const VIEWS = new Set(['Reshape', 'Identity'])

/**
 * Nodes in the order in which ONNX Runtime runs them: it walks back from the results, depth first, and takes the node that
 * stands last in the file first, among the results as among a node's inputs.
 */
export function executionOrder(graph: Graph): IrNode[] {
  const position = new Map<IrNode, number>(graph.nodes.map((node, i) => [node, i]))
  const consumed = new Set<IrNode>()
  for (const node of graph.nodes) for (const input of node.inputs) if (input?.producer) consumed.add(input.producer)
  const stack: { node: IrNode; leave: boolean }[] = []
  for (const node of graph.nodes) if (!consumed.has(node)) stack.push({ node, leave: false })
  const visited = new Set<IrNode>()
  const order: IrNode[] = []
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, leave } = top
    if (leave) {
      order.push(node)
      continue
    }
    if (visited.has(node)) continue
    visited.add(node)
    stack.push({ node, leave: true })
    const makers = new Set<IrNode>()
    for (const input of node.inputs) if (input?.producer && !visited.has(input.producer)) makers.add(input.producer)
    for (const maker of [...makers].sort((a, b) => position.get(a)! - position.get(b)!))
      stack.push({ node: maker, leave: false })
  }
  return order
}

/**
 * Bytes of intermediate tensors alive at once at most, when nodes run in the runtime's order and each tensor is freed after
 * its last use. An estimate of what a session's arena grows to: kernels' own work space is not in it.
 */
export function peakBytes(graph: Graph): number {
  const nodes = executionOrder(graph)
  const owner = new Map<Raw, Raw>()
  const lastUse = new Map<Raw, number>()
  const own = (raw: Raw): Raw => owner.get(raw) ?? raw
  nodes.forEach((node, i) => {
    for (const input of node.inputs) if (input) lastUse.set(own(input), i)
    const source = node.inputs[0]
    if (source && VIEWS.has(node.op)) owner.set(node.outputs[0]!, own(source))
  })
  const freed = new Map<number, number>()
  let alive = 0
  let peak = 0
  nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (owner.has(output)) continue
      const bytes = sizeOf(output.dims) * (output.type === 'bool' ? 1 : output.type === 'int64' ? 8 : 4)
      alive += bytes
      const last = lastUse.get(output)
      if (last !== undefined) freed.set(last, (freed.get(last) ?? 0) + bytes)
    }
    peak = Math.max(peak, alive)
    alive -= freed.get(i) ?? 0
  })
  return peak
}
