import type { Graph } from '../ir/graph.ts'
import { sizeOf } from '../ir/shape.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { evaluate } from './evaluate.ts'
import { MAX_FOLDED } from './fold-constants.ts'
import { countUses, rebuild } from './rewrite.ts'

/** A tensor times, or plus, constants of float32. */
interface Step {
  readonly kind: 'Mul' | 'Add'
  readonly x: IrTensor
  readonly constant: IrTensor
}

/**
 * Two multiplications by constants become one, and so do two additions: (x·a)·b = x·(a·b), where nobody else uses x·a.
 * Quotients, differences and signs take part as products and sums. One rounding less; no more than that changes, since what
 * could lose digits is left alone: factors whose product over- or underflows, and sums of constants of unlike signs (adding
 * and taking away a large number is how programs round).
 */
export function mergeScalars(graph: Graph): void {
  const uses = countUses(graph)
  // A node made here is counted through the one that it replaces.
  const stands = new Map<IrTensor, IrTensor>()
  rebuild(graph, (node, replaced) => {
    const out = node.outputs[0]!
    const second = stepOf(graph, node)
    const maker = second?.x.producer
    if (!second || !maker || uses.get(stands.get(second.x) ?? second.x) !== 1) return
    const first = stepOf(graph, maker)
    if (first?.kind !== second.kind) return
    const constant = combined(graph, first.constant, second.constant, second.kind)
    if (constant === null) return
    const merged = graph.node(second.kind, [first.x, constant], out.dims, out.type)
    stands.set(merged, out)
    replaced.set(out, merged)
  })
}

/** What a node does as a product or a sum with a constant, or null. */
function stepOf(graph: Graph, { op, domain, inputs, outputs }: IrNode): Step | null {
  const [a, b] = inputs
  if (domain !== '' || outputs[0]!.type !== 'float32' || !a) return null
  const scalar = (raw: IrTensor | null | undefined, f: (value: number) => number): IrTensor | null =>
    raw?.values?.length === 1 ? graph.constant(Float32Array.of(f(Number(raw.values[0]))), raw.dims, 'float32') : null
  switch (op) {
    case 'Mul':
    case 'Add':
      if (!b || (a.values === null) === (b.values === null)) return null
      return a.values ? { kind: op, x: b, constant: a } : { kind: op, x: a, constant: b }
    case 'Neg':
      return { kind: 'Mul', x: a, constant: graph.float(-1) }
    case 'Sub': {
      const constant = scalar(b, (value) => -value)
      return constant && { kind: 'Add', x: a, constant }
    }
    case 'Div': {
      // Only a power of two has an inverse without rounding.
      const constant = scalar(b, (value) => 1 / value)
      const value = Math.abs(Number(constant?.values?.[0]))
      return constant && Number.isInteger(Math.log2(value)) ? { kind: 'Mul', x: a, constant } : null
    }
    default:
      return null
  }
}

/** The constant that does what two do one after the other; null where one is a large tensor or digits would be lost. */
function combined(graph: Graph, a: IrTensor, b: IrTensor, kind: 'Mul' | 'Add'): IrTensor | null {
  const dims = sizeOf(a.dims) >= sizeOf(b.dims) ? a.dims : b.dims
  const other = dims === a.dims ? b.dims : a.dims
  if (sizeOf(other) !== 1 || other.length > dims.length || sizeOf(dims) > MAX_FOLDED) return null
  const out = graph.raw(dims, 'float32')
  const values = evaluate({ op: kind, domain: '', inputs: [a, b], outputs: [out], attributes: {} })
  if (!(values instanceof Float32Array)) return null
  const fits = kind === 'Mul' ? isNormal : (value: number, i: number) => isFurther(value, at(a, i), at(b, i))
  return values.every(fits) ? graph.constant(values, dims, 'float32') : null
}

const at = ({ values }: IrTensor, i: number): number => Number(values![values!.length === 1 ? 0 : i])

const isNormal = (value: number): boolean => Math.abs(value) >= 2 ** -126 && Number.isFinite(value)

/** Of like signs: no farther from 0 than rounding allows. */
const isFurther = (sum: number, a: number, b: number): boolean => a * b >= 0 && Number.isFinite(sum)
