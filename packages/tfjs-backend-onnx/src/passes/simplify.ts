import { type Graph, scalarValue } from '../ir/graph.ts'
import { isIdentity } from '../ir/permutation.ts'
import { sameShape } from '../ir/shape.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { type Replacements, rebuild } from './rewrite.ts'

/** Algebra that holds for every element: neutral operands, conversions that undo each other, relu(relu(x)), reductions that drop their axes. */
export function simplify(graph: Graph): void {
  rebuild(graph, (node, replaced) => {
    const same = neutral(node)
    if (same) {
      replaced.set(node.outputs[0]!, same)
      return
    }
    chains(node, replaced)
    dropsReduced(graph, node, replaced)
  })
}

/** The tensor that a node merely passes on, or null. */
function neutral(node: IrNode): IrTensor | null {
  const [a, b] = node.inputs
  const out = node.outputs[0]!
  if (!a) return null
  const passes = (raw: IrTensor | null | undefined) => (raw && sameShape(raw.dims, out.dims) ? raw : null)
  switch (node.op) {
    case 'Mul':
      return scalarValue(b) === 1 ? passes(a) : scalarValue(a) === 1 ? passes(b) : null
    case 'Add':
      return scalarValue(b) === 0 ? passes(a) : scalarValue(a) === 0 ? passes(b) : null
    case 'Sub':
      return scalarValue(b) === 0 ? passes(a) : null
    case 'Div':
    case 'Pow':
      return scalarValue(b) === 1 ? passes(a) : null
    case 'Relu':
      return a.producer?.op === 'Relu' ? a : null
    case 'Reshape':
    case 'Expand':
      return passes(a)
    case 'Cast':
      return a.type === out.type ? a : null
    default:
      return null
  }
}

/** Reshape of a reshape, transpose of a transpose: the first step goes. */
function chains(node: IrNode, replaced: Replacements): void {
  const source = node.inputs[0]
  const before = source?.producer
  const origin = before?.inputs[0]
  if (!before || !origin || before.op !== node.op) return
  if (node.op === 'Reshape') {
    if (sameShape(origin.dims, node.outputs[0]!.dims)) replaced.set(node.outputs[0]!, origin)
    else node.inputs[0] = origin
  } else if (node.op === 'Transpose') {
    const first = before.attributes.perm
    const second = node.attributes.perm
    if (!Array.isArray(first) || !Array.isArray(second)) return
    const perm = second.map((axis: number) => Number(first[axis]))
    if (isIdentity(perm)) replaced.set(node.outputs[0]!, origin)
    else {
      node.inputs[0] = origin
      node.attributes = { perm }
    }
  }
}

/** A reduction whose axes of length 1 are then dropped: it drops them itself, and no length stands in the graph. */
function dropsReduced(graph: Graph, node: IrNode, replaced: Replacements): void {
  const before = node.op === 'Reshape' ? node.inputs[0]?.producer : null
  const axes = before?.inputs[1]?.values
  if (!before?.op.startsWith('Reduce') || before.attributes.keepdims !== 1 || !axes) return
  const out = node.outputs[0]!
  const reduced = new Set(Array.from(axes, Number))
  const dims = before.outputs[0]!.dims.filter((_, axis) => !reduced.has(axis))
  if (!sameShape(dims, out.dims)) return
  replaced.set(out, graph.node(before.op, before.inputs, dims, out.type, { ...before.attributes, keepdims: 0 }))
}
