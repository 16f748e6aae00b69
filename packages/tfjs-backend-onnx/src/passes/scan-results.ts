import type { Graph } from '../ir/graph.ts'
import { sameShape, sizeOf } from '../ir/shape.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { removeDeadCode } from './dead-code.ts'
import { ELEMENTWISE } from './elementwise.ts'
import { type Readers, readersOf, rebuild } from './rewrite.ts'
import { extendScan } from './scan-extension.ts'

/**
 * What follows the result of a scan element by element is done piece by piece as well, while the piece is in the caches: bias,
 * residual and activation of a convolution by tiles, and the gradient of the activation before it, with all that only it needs.
 */
export function fuseScanResults(graph: Graph): void {
  // What earlier passes have replaced would count as reading.
  removeDeadCode(graph)
  const readers = readersOf(graph)
  rebuild(graph, (node, replaced) => {
    const out = node.outputs[0]!
    if (!isElementwise(node)) return
    const within = closure(node, readers)
    const operands = [...new Set([...within].flatMap(({ inputs }) => inputs))].filter(
      (raw) => !within.has(raw!.producer!),
    )
    const result = operands.find((raw) => raw && sameShape(raw.dims, out.dims) && scanOf(raw, within, readers))
    const scan = result && scanOf(result, within, readers)
    if (!scan) return
    const order = [...graph.nodes.filter((other) => within.has(other)), node]
    const made = extendScan(graph, scan, result, order, operands)
    const whole = graph.reshape(made, out.dims)
    readers.set(made, [whole.producer!])
    readers.set(whole, readers.get(out) ?? [])
    replaced.set(out, whole)
    return 'gone'
  })
}

/** An operation element by element on tensors of its result's shape, one number a channel, or one number. */
function isElementwise({ op, domain, inputs, outputs }: IrNode): boolean {
  const { dims } = outputs[0]!
  const channels = dims.at(-1)
  return (
    domain !== 'com.microsoft.nchwc' &&
    outputs.length === 1 &&
    ELEMENTWISE.has(op) &&
    inputs.every((raw) => {
      const size = raw ? sizeOf(raw.dims) : 0
      return size === 1 || sameShape(raw!.dims, dims) || (size === channels && raw!.dims.at(-1) === channels)
    })
  )
}

/** A node with the elementwise operations before it that nothing else needs, as far as each set of them comes from one tensor. */
function closure(node: IrNode, readers: Readers): Set<IrNode> {
  const within = new Set([node])
  // A set is walked in the order of insertion, what is added meanwhile included.
  for (const { inputs } of within)
    for (const input of inputs)
      for (const before of cone(input, node.outputs[0]!.dims, within, readers)) within.add(before)
  return within
}

/**
 * What only an operand needs, if it all comes from one tensor: of two, both would have to be kept until the scan, in place of what is
 * made of them. Else no more than the operation that makes the operand.
 */
function cone(
  operand: IrTensor | null,
  dims: readonly number[],
  within: ReadonlySet<IrNode>,
  readers: Readers,
): Set<IrNode> {
  const found = new Set<IrNode>()
  const visit = (raw: IrTensor | null) => {
    const before = raw?.producer
    if (!before || !sameShape(raw.dims, dims) || !isElementwise(before)) return
    if (isReadWithin(raw, { has: (reader) => within.has(reader) || found.has(reader) }, readers)) found.add(before)
  }
  visit(operand)
  // Of what is read twice the later reader decides.
  for (const { inputs } of found) inputs.forEach(visit)
  const read = [...found].flatMap(({ inputs }) => inputs.filter((raw) => raw && sameShape(raw.dims, dims)))
  if (new Set(read.filter((raw) => !found.has(raw!.producer!))).size <= 1) return found
  const [last] = found
  return new Set(last && hasOneOperand(last) ? [last] : [])
}

const hasOneOperand = ({ inputs, outputs }: IrNode): boolean =>
  new Set(inputs.filter((raw) => raw && sameShape(raw.dims, outputs[0]!.dims))).size === 1

const isReadWithin = (raw: IrTensor, within: Pick<ReadonlySet<IrNode>, 'has'>, readers: Readers): boolean =>
  readers.get(raw)?.every((reader) => reader !== 'result' && within.has(reader)) ?? false

/** The scan whose one result this is, seen through a reshape, if nothing outside of `within` reads it. */
function scanOf(raw: IrTensor, within: ReadonlySet<IrNode>, readers: Readers): IrNode | null {
  const view = raw.producer
  const result = view?.op === 'Reshape' ? view.inputs[0] : null
  const scan = result?.producer
  if (!result || !scan?.body || scan.body.results.length !== 1 || scan.body.states > 0) return null
  return isReadWithin(raw, within, readers) && readers.get(result)?.length === 1 ? scan : null
}
