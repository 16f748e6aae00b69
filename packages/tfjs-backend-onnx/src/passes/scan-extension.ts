import type { Graph } from '../ir/graph.ts'
import { sameShape, sizeOf } from '../ir/shape.ts'
import { type IrNode, type IrTensor, isConstant } from '../ir/tensor.ts'

/** A scan with more to do at the end of each piece, in place of itself and of the nodes that do it on whole tensors. */
export function extendScan(
  graph: Graph,
  scan: IrNode,
  result: IrTensor,
  nodes: readonly IrNode[],
  operands: readonly (IrTensor | null)[],
): IrTensor {
  const body = scan.body!
  const count = scan.outputs[0]!.dims[0]!
  const made = body.results[0]!
  // Lines of pixels: short rows, of one pixel's channels, take longer.
  const lines = [made.dims[0]!, sizeOf(made.dims.slice(1))]
  const inner = new Map<IrTensor, IrTensor>()
  const pieces: Operand[] = []
  const whole: Operand[] = []
  for (const raw of operands) {
    if (!raw || raw === result) continue
    const isWhole = !sameShape(raw.dims, result.dims)
    const dims = isWhole ? (sizeOf(raw.dims) === 1 ? [] : lines.slice(-1)) : lines
    if (isWhole && isConstant(raw) && sameShape(raw.dims, dims)) {
      inner.set(raw, raw)
      continue
    }
    const outer = isWhole ? repeated(graph, raw, dims) : reshaped(graph, raw, [count, ...dims])
    const operand = { outer, inner: graph.raw(dims, raw.type) }
    inner.set(raw, operand.inner)
    ;(isWhole ? whole : pieces).push(operand)
  }
  const gone = new Set([scan, result.producer, ...nodes])
  graph.nodes = graph.nodes.filter((other) => !gone.has(other))
  let last = made
  const extended = graph.within(body.nodes, () => {
    inner.set(result, reshaped(graph, made, lines))
    for (const { op, domain, inputs, outputs, attributes } of nodes) {
      const own = inputs.map((raw) => inner.get(raw!)!)
      last = graph.node(op, own, lines, outputs[0]!.type, attributes, domain)
      inner.set(outputs[0]!, last)
    }
  })
  const [extendedResult] = graph.repeat(inserted(scan.inputs, body.pieces, pieces, whole, 'outer'), {
    parameters: inserted(body.parameters, body.pieces, pieces, whole, 'inner'),
    states: body.states,
    pieces: body.pieces + pieces.length,
    nodes: extended,
    results: [last],
  })
  return extendedResult!
}

/** One number, or one a channel again and again along a line of pixels. */
function repeated(graph: Graph, raw: IrTensor, dims: readonly number[]): IrTensor {
  const own = sizeOf(raw.dims)
  const flat = reshaped(graph, raw, dims.length ? [own] : [])
  const times = sizeOf(dims) / own
  return times === 1 ? flat : graph.node('Tile', [flat, graph.integers([times])], dims, raw.type)
}

const reshaped = (graph: Graph, raw: IrTensor, dims: readonly number[]): IrTensor =>
  sameShape(raw.dims, dims) ? raw : graph.reshape(raw, dims)

/** What an operand is around the scan, and what it is within. */
interface Operand {
  readonly outer: IrTensor
  readonly inner: IrTensor
}

/** Inputs or parameters with further pieces after the pieces and further whole tensors after those. */
function inserted<T extends IrTensor | null>(
  list: readonly T[],
  at: number,
  pieces: readonly Operand[],
  whole: readonly Operand[],
  side: keyof Operand,
): (T | IrTensor)[] {
  const of = (operands: readonly Operand[]) => operands.map((operand) => operand[side])
  return [...list.slice(0, at), ...of(pieces), ...list.slice(at), ...of(whole)]
}
