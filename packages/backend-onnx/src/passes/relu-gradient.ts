import { type Graph, scalarValue } from '../lowering/graph.ts'
import { type Raw, sameShape } from '../lowering/value.ts'
import { rebuild } from './rewrite.ts'

/**
 * dy · step(x), recorded as Mul(dy, Sign(Relu(x))), becomes Where(Relu(x) > 0, dy, 0): the mask is one byte an element instead
 * of four, and the condition reads relu's output, so that nothing keeps its input alive and it can be fused away.
 */
export function fuseReluGradients(graph: Graph): void {
  rebuild(graph, (node, replaced) => {
    if (node.op !== 'Mul') return
    const [a, b] = node.inputs
    const rectified = rectifiedUnderSign(b) ?? rectifiedUnderSign(a)
    if (!a || !b || !rectified) return
    const dy = rectifiedUnderSign(b) ? a : b
    if (scalarValue(dy) !== null || rectified.type !== 'float32') return
    const out = node.outputs[0]!
    if (!sameShape(rectified.dims, out.dims)) return
    const positive = graph.node('Greater', [rectified, graph.float(0)], rectified.dims, 'bool')
    replaced.set(out, graph.node('Where', [positive, dy, graph.float(0)], out.dims, out.type))
  })
}

/** y where a tensor is Sign(y) of y = Relu(..). */
function rectifiedUnderSign(raw: Raw | null | undefined): Raw | null {
  const sign = raw?.producer
  if (sign?.op !== 'Sign') return null
  const relu = sign.inputs[0]
  return relu?.producer?.op === 'Relu' ? relu : null
}
