import type { Graph } from '../lowering/graph.ts'
import { inverse, isIdentity, type Raw } from '../lowering/value.ts'
import { rebuild } from '../passes/rewrite.ts'
import { toLogicalOrder } from '../tensors.ts'

/**
 * Weights in the form in which operators take them: transposes and reshapes of constants are done here rather than at each
 * run. A weight keeps its name.
 * @returns names of the weights, those of new ones included
 */
export function foldWeights(graph: Graph, names: ReadonlyMap<Raw, string>): Map<Raw, string> {
  const all = new Map(names)
  rebuild(graph, (node, replaced) => {
    const source = node.inputs[0]
    const values = source?.values
    const out = node.outputs[0]!
    if (!source || !values) return
    const { perm } = node.attributes
    let folded = values
    if (node.op === 'Transpose' && Array.isArray(perm)) {
      const order: number[] = perm.map(Number)
      if (!isIdentity(order)) folded = toLogicalOrder(values, out.dims, inverse(order), values.slice())
    } else if (node.op !== 'Reshape' || !node.inputs[1]?.values) return
    const raw = graph.constant(folded, out.dims, out.type)
    const name = all.get(source)
    if (name !== undefined) all.set(raw, name)
    replaced.set(out, raw)
  })
  return all
}
