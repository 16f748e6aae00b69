import { type Graph, scalarValue } from '../ir/graph.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import type { Target } from '../lowering/lowering.ts'
import { countUses, rebuild } from './rewrite.ts'

/** A tensor times one number. */
interface Scaled {
  readonly x: IrTensor
  readonly scale: number
}

/**
 * One number by which a product of matrices is multiplied, or one of its factors, becomes the product's own, where nobody else
 * wants what lies between.
 */
export function fuseProductScales(graph: Graph, target: Target): void {
  if (!target.microsoft) return
  const uses = countUses(graph)
  const alone = (raw: IrTensor) => uses.get(raw) === 1
  rebuild(graph, (node, replaced) => {
    const out = node.outputs[0]!
    const scaled = scaledBy(node)
    const product = scaled?.x.producer
    if (scaled && product && isBare(product) && alone(scaled.x)) {
      replaced.set(out, scaledProduct(graph, product, product.inputs, scaled.scale))
      return
    }
    if (!isBare(node)) return
    for (const [i, input] of node.inputs.entries()) {
      const factor = input?.producer ? scaledBy(input.producer) : null
      if (!input || !factor || !alone(input)) continue
      const inputs = node.inputs.map((raw, at) => (at === i ? factor.x : raw))
      replaced.set(out, scaledProduct(graph, node, inputs, factor.scale))
      return
    }
  })
}

/** A product of matrices without a factor of its own. */
const isBare = ({ op, attributes, outputs }: IrNode): boolean =>
  outputs[0]!.type === 'float32' && (op === 'MatMul' || (op === 'FusedMatMul' && attributes.alpha === undefined))

function scaledProduct(graph: Graph, product: IrNode, inputs: (IrTensor | null)[], scale: number): IrTensor {
  const { dims, type } = product.outputs[0]!
  const attributes = { ...product.attributes, alpha: { float: scale } }
  return graph.node('FusedMatMul', inputs, dims, type, attributes, 'com.microsoft')
}

/** What a node multiplies by one number, or null. */
function scaledBy({ op, inputs: [a, b] }: IrNode): Scaled | null {
  if (op !== 'Mul' || !a || !b) return null
  const [x, factor] = b.values ? [a, b] : [b, a]
  const scale = scalarValue(factor)
  // A factor of more axes would give the result more of them.
  return scale !== null && factor.dims.length <= x.dims.length ? { x, scale } : null
}
