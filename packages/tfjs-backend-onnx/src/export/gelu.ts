import { type Graph, scalarValue } from '../ir/graph.ts'
import { sameShape } from '../ir/shape.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { rebuild } from '../passes/rewrite.ts'

/** x · (erf(x · √½) + 1) · ½  ->  Gelu, which ONNX has since operator set 20. */
export function fuseGelu(graph: Graph): void {
  rebuild(graph, (node, replaced) => {
    const out = node.outputs[0]!
    const x = node.op === 'Mul' ? pairs(node).map(([x, phi]) => matchGelu(x, phi)) : []
    const found = x.find((raw) => raw && sameShape(raw.dims, out.dims))
    if (found) replaced.set(out, graph.node('Gelu', [found], out.dims, out.type))
  })
}

/** x, where `phi` is Φ(x). */
function matchGelu(x: IrTensor, phi: IrTensor): IrTensor | null {
  const sum = timesScalar(phi.producer, 0.5)
  const erf = sum?.producer?.op === 'Add' ? withScalar(sum.producer, 1) : null
  const scaled = erf?.producer?.op === 'Erf' ? erf.producer.inputs[0] : null
  return scaled && timesScalar(scaled.producer, Math.SQRT1_2) === x ? x : null
}

/** The tensor that a product multiplies by `scalar`. */
function timesScalar(node: IrNode | null | undefined, scalar: number): IrTensor | null {
  return node?.op === 'Mul' ? withScalar(node, scalar) : null
}

function withScalar(node: IrNode, scalar: number): IrTensor | null {
  const found = pairs(node).find(([, other]) => Math.abs((scalarValue(other) ?? Number.NaN) - scalar) < 1e-7)
  return found?.[0] ?? null
}

/** Both operands, either way round. */
function pairs(node: IrNode): [IrTensor, IrTensor][] {
  const [a, b] = node.inputs
  return a && b
    ? [
        [a, b],
        [b, a],
      ]
    : []
}
