import type { Graph } from '../ir/graph.ts'
import type { IrNode } from '../ir/tensor.ts'

/** Whether node `i` of `ends` depends on a node, or is it: for all of both in one walk, a bit a node and end. */
export function dependence(graph: Graph, ends: readonly IrNode[]): (node: IrNode, i: number) => boolean {
  const { nodes } = graph
  const makers = graph.makers()
  const words = Math.ceil(ends.length / 32)
  const bits = new Uint32Array(nodes.length * words)
  const placeOf = (node: IrNode) => makers[node.outputs[0]!.id]!
  ends.forEach((end, i) => {
    bits[placeOf(end) * words + (i >> 5)]! |= 1 << (i & 31)
  })
  for (let at = nodes.length - 1; at >= 0; at--) {
    for (const input of nodes[at]!.inputs) {
      const maker = input ? makers[input.id]! : -1
      if (maker < 0) continue
      for (let word = 0; word < words; word++) bits[maker * words + word]! |= bits[at * words + word]!
    }
  }
  return (node, i) => ((bits[placeOf(node) * words + (i >> 5)]! >>> (i & 31)) & 1) === 1
}
