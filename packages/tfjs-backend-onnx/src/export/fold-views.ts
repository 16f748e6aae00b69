import type { Graph } from '../ir/graph.ts'
import { inverse, isIdentity, toLogicalOrder } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { rebuild } from '../passes/rewrite.ts'

/**
 * Constants in the form in which operators take them: their reshapes and transposes are done here. Weights with a name stay as
 * they are in their own file, so that programs find them by name and shape; a runtime folds what follows when it makes a session.
 */
export function foldViews(graph: Graph, named: ReadonlyMap<IrTensor, string>): void {
  rebuild(graph, (node, replaced) => {
    const source = node.inputs[0]
    const values = source?.values
    const out = node.outputs[0]!
    if (!source || !values || named.has(source)) return
    const { perm } = node.attributes
    let folded = values
    if (node.op === 'Transpose' && Array.isArray(perm)) {
      const order: number[] = perm.map(Number)
      if (!isIdentity(order)) folded = toLogicalOrder(values, out.dims, inverse(order), values.slice())
    } else if (node.op !== 'Reshape' || !node.inputs[1]?.values) return
    replaced.set(out, graph.constant(folded, out.dims, out.type))
  })
}
