import type { Graph, IrNode } from '../lowering/graph.ts'

/** From this many parts on a concatenation is taken for a collection of results, such as the gradients of all weights. */
const MANY = 8

/** Operators that only change how a tensor is looked at or laid out. */
const LAYOUT = new Set(['Reshape', 'Transpose'])

/**
 * Orders nodes so that ONNX Runtime computes each part of a large concatenation as soon as it can be. The runtime's order of
 * execution is not the file's: it walks back from the results, depth first, and at each node takes the input first whose node
 * stands last. Of the gradients of all weights it would so begin with one that needs the whole backward pass, and keep what
 * all others need in memory until then. Here the parts stand directly before their concatenation, the one that can be
 * computed first as the last.
 */
export function scheduleParts(graph: Graph): void {
  const position = new Map<IrNode, number>(graph.nodes.map((node, i) => [node, i]))
  const consumers = new Map<IrNode, number>()
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input?.producer) consumers.set(input.producer, (consumers.get(input.producer) ?? 0) + 1)
    }
  }
  const parts = new Map<IrNode, IrNode[]>()
  const sunk = new Set<IrNode>()
  for (const node of graph.nodes) {
    if (node.op !== 'Concat' || node.inputs.length < MANY) continue
    const own = new Set<IrNode>()
    for (const input of node.inputs) {
      const part = input?.producer
      if (part && consumers.get(part) === 1 && !sunk.has(part)) own.add(part)
    }
    for (const part of own) sunk.add(part)
    const available = (part: IrNode) => position.get(origin(part)) ?? 0
    parts.set(
      node,
      [...own].sort((a, b) => available(b) - available(a)),
    )
  }
  if (sunk.size === 0) return
  graph.nodes = graph.nodes.flatMap((node) => (sunk.has(node) ? [] : [...(parts.get(node) ?? []), node]))
}

/** The node that computes what a chain of layout changes starts from. */
function origin(node: IrNode): IrNode {
  let current = node
  while (LAYOUT.has(current.op)) {
    const before = current.inputs[0]?.producer
    if (!before) break
    current = before
  }
  return current
}
