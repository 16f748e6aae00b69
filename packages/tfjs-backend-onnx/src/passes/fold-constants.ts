import type { Graph } from '../ir/graph.ts'
import { sizeOf } from '../ir/shape.ts'
import { evaluate } from './evaluate.ts'
import { rebuild } from './rewrite.ts'

/**
 * Values up to which a result is computed here. Beyond it are weights that are brought into another order: a runtime does that
 * itself when it makes the session, in native code, and here models of several sizes would each hold an array of their own.
 */
export const MAX_FOLDED = 1024

/** Nodes whose inputs are all constants become constants themselves: what kernels compute of literals, shapes and biases. */
export function foldConstants(graph: Graph): void {
  rebuild(graph, (node, replaced) => {
    const out = node.outputs[0]!
    if (sizeOf(out.dims) > MAX_FOLDED) return
    const values = evaluate(node)
    if (values !== null) replaced.set(out, graph.constant(values, out.dims, out.type))
  })
}
