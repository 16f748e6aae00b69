import type { Graph } from '../ir/graph.ts'
import type { IrNode } from '../ir/tensor.ts'
import { nodeKey } from '../lowering/node-key.ts'
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
    const key = nodeKey(node)
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
