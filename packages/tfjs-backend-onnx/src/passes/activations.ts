import { type Graph, scalarValue } from '../ir/graph.ts'
import { sameShape } from '../ir/shape.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import type { Target } from '../lowering/lowering.ts'
import { operationKey } from '../lowering/node-key.ts'
import { rebuild } from './rewrite.ts'

/**
 * Activations that are written as several operations and computed as one:
 *   x · Φ(x), Φ(x) = (erf(x/√2) + 1)/2  ->  Gelu
 *   x · sigmoid(x)                      ->  QuickGelu, alpha 1
 *   (erf(s) + 1)/2                      ->  HardSigmoid(erf(s)), whose clipping to [0, 1] never acts on it
 * In a training step the gradient needs Φ too, and computes it again: so x alone is kept for it, and where a scan follows all
 * that is done in its pieces.
 */
export function fuseActivations(graph: Graph, target: Target): void {
  rebuild(graph, (node, replaced) => {
    const out = node.outputs[0]!
    if (node.op !== 'Mul' || out.type !== 'float32') return
    for (const [x, other] of operands(node)) {
      if (!sameShape(x.dims, out.dims)) continue
      if (target.microsoft && isSigmoidOf(other, x)) {
        const silu = graph.node('QuickGelu', [x], out.dims, 'float32', { alpha: { float: 1 } }, 'com.microsoft')
        replaced.set(out, silu)
        return
      }
      if (target.microsoft && isPhiOf(other, x)) {
        replaced.set(out, graph.node('Gelu', [x], out.dims, 'float32', {}, 'com.microsoft'))
        return
      }
      const shifted = other === x ? null : halfOfOnePlusErf(x, other)
      if (shifted) {
        const phi = graph.node('HardSigmoid', [shifted], out.dims, 'float32', HALVED)
        replaced.set(out, phi)
        return
      }
    }
  })
}

/** HardSigmoid as x/2 + 1/2: the gradient of relu uses the same operator as a step. */
const HALVED = { alpha: { float: 0.5 }, beta: { float: 0.5 } } as const
const HALVED_KEY = operationKey({ op: 'HardSigmoid', domain: '', attributes: HALVED, outputs: [null] })

/** Both operands of a product, either way round. */
function operands(node: IrNode): [IrTensor, IrTensor][] {
  const [a, b] = node.inputs
  return a && b
    ? [
        [a, b],
        [b, a],
      ]
    : []
}

function isSigmoidOf(raw: IrTensor, x: IrTensor): boolean {
  return raw.producer?.op === 'Sigmoid' && raw.producer.inputs[0] === x
}

/** erf(..) where `sum` is 1 + erf(..) and `half` is one half. */
function halfOfOnePlusErf(sum: IrTensor, half: IrTensor): IrTensor | null {
  return scalarValue(half) === 0.5 ? onePlusErf(sum) : null
}

function onePlusErf(raw: IrTensor): IrTensor | null {
  const add = raw.producer
  if (add?.op !== 'Add') return null
  for (const [term, one] of operands(add)) {
    if (scalarValue(one) === 1 && term.producer?.op === 'Erf') return term
  }
  return null
}

/** Whether this is Φ(x): it stands before what uses it, and is a HardSigmoid by now. */
function isPhiOf(raw: IrTensor, x: IrTensor): boolean {
  const erf = raw.producer && operationKey(raw.producer) === HALVED_KEY ? raw.producer.inputs[0] : null
  return erf?.producer?.op === 'Erf' && isErfOf(erf, x)
}

/** erf(x/√2), the division as a product. */
function isErfOf(erf: IrTensor, x: IrTensor): boolean {
  const scaled = erf.producer?.inputs[0]?.producer
  if (!scaled) return false
  if (scaled.op === 'Div') return scaled.inputs[0] === x && near(scalarValue(scaled.inputs[1]), Math.SQRT2)
  if (scaled.op !== 'Mul') return false
  return operands(scaled).some(([input, factor]) => input === x && near(scalarValue(factor), Math.SQRT1_2))
}

/** Equal as single-precision numbers. */
function near(value: number | null, expected: number): boolean {
  return value !== null && Math.abs(value - expected) < 1e-7
}
