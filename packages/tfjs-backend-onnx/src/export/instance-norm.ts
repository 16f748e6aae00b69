import { type Graph, scalarValue } from '../ir/graph.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { rebuild } from '../passes/rewrite.ts'

/**
 * (x - mean(x)) / sqrt(mean((x - mean(x))²) + epsilon), the means over all axes but the first two  ->  InstanceNormalization of
 * x as [N, groups, all else], which every runtime has as one operator, accumulated in single precision.
 */
export function fuseInstanceNorm(graph: Graph): void {
  rebuild(graph, (node, replaced) => {
    const found = matchNorm(node)
    if (!found) return
    const { x, epsilon } = found
    const [n, groups, ...rest] = x.dims
    const flat = [n!, groups!, rest.reduce((a, b) => a * b, 1)]
    const one = graph.constant(new Float32Array(groups!).fill(1), [groups!], 'float32')
    const zero = graph.constant(new Float32Array(groups!), [groups!], 'float32')
    const lines = graph.node('Reshape', [x, graph.integers(flat)], flat, 'float32')
    const attributes = { epsilon: { float: epsilon } }
    const normal = graph.node('InstanceNormalization', [lines, one, zero], flat, 'float32', attributes)
    replaced.set(node.outputs[0]!, graph.node('Reshape', [normal, graph.integers(x.dims)], x.dims, 'float32'))
  })
}

function matchNorm(node: IrNode): { x: IrTensor; epsilon: number } | null {
  if (node.op !== 'Mul') return null
  for (const [centred, inverse] of [
    [node.inputs[0], node.inputs[1]],
    [node.inputs[1], node.inputs[0]],
  ]) {
    const x = centred?.producer?.op === 'Sub' ? centred.producer.inputs[0] : null
    if (!x || x.dims.length < 3 || !isMean(centred?.producer?.inputs[1], x)) continue
    const root = inverse?.producer?.op === 'Reciprocal' ? inverse.producer.inputs[0] : null
    const sum = root?.producer?.op === 'Sqrt' ? root.producer.inputs[0]?.producer : null
    if (sum?.op !== 'Add') continue
    const [variance, epsilon] = [sum.inputs[0], scalarValue(sum.inputs[1])]
    const square = variance?.producer?.inputs[0]?.producer
    if (epsilon === null || square?.op !== 'Mul') continue
    if (square.inputs[0] !== centred || square.inputs[1] !== centred) continue
    if (isMean(variance, square.outputs[0]!)) return { x, epsilon }
  }
  return null
}

/** Whether a tensor is the mean of `x` over all axes but the first two, kept as axes of length 1. */
function isMean(raw: IrTensor | null | undefined, x: IrTensor): boolean {
  const node = raw?.producer
  if (node?.op !== 'ReduceMean' || node.inputs[0] !== x || node.attributes.keepdims !== 1) return false
  const axes = new Set(Array.from(node.inputs[1]?.values ?? [], Number))
  // Over an axis of length 1 nothing is reduced.
  return x.dims.every((d, axis) => (axis < 2 ? !axes.has(axis) : axes.has(axis) || d === 1))
}
