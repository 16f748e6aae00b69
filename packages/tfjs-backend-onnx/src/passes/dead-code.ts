import type { Graph } from '../ir/graph.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'

/** Removes nodes that no output of the graph needs. */
export function removeDeadCode(graph: Graph): void {
  const needed = new Set<IrTensor>(graph.outputs)
  const kept: IrNode[] = []
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!
    if (!node.outputs.some((output) => needed.has(output))) continue
    for (const input of node.inputs) if (input) needed.add(input)
    kept.push(node)
  }
  graph.nodes = kept.reverse()
}
