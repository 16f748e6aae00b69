import type { Graph, IrNode } from '../lowering/graph.ts'
import { Replacements } from './rewrite.ts'

/**
 * One node for equal computations. Gradients repeat much of the forward pass, and the weight gradients of one tensor pad and
 * cut it alike: this is how they share it.
 */
export function mergeCommonSubexpressions(graph: Graph): void {
  const seen = new Map<string, IrNode>()
  const replaced = new Replacements()
  const kept: IrNode[] = []
  for (const node of graph.nodes) {
    replaced.apply(node)
    const key = keyOf(node)
    const same = seen.get(key)
    if (same === undefined) {
      seen.set(key, node)
      kept.push(node)
      continue
    }
    for (let i = 0; i < node.outputs.length; i++) replaced.set(node.outputs[i]!, same.outputs[i]!)
  }
  graph.nodes = kept
  replaced.applyToOutputs(graph)
}

function keyOf(node: IrNode): string {
  // What a node repeats is not compared: such a node is like no other.
  let key = node.body ? `${node.outputs[0]!.id}` : `${node.op}:${node.domain}`
  for (const input of node.inputs) key += `,${input ? input.id : ''}`
  for (const name in node.attributes) {
    const value = node.attributes[name]!
    key += typeof value === 'object' && 'float' in value ? `;${name}=f${value.float}` : `;${name}=${value}`
  }
  return key
}
