import { VIEWS } from '../compiler/peak-memory.ts'
import type { Graph } from '../ir/graph.ts'
import { sameShape } from '../ir/shape.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { dependence } from './dependence.ts'
import { readersOf } from './rewrite.ts'

/** Operators of which each element depends on the elements of the same place alone. */
const BY_ELEMENT = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Sqrt', 'Reciprocal', 'Relu', 'Where', 'Max', 'Min'])

/**
 * For each output of a graph, the inputs into whose memory it may be written: weights and moments of a training loop then need no
 * second array. An input qualifies where everything that reads it, through views too, comes before the output's node by data
 * dependency, whatever order a runtime takes, or is that node and works element by element. Kept to vectors: what a state is
 * laid out as, and what no runtime fuses into anything that does not go element by element.
 */
export function overwritableInputs(graph: Graph): Map<IrTensor, IrTensor[]> {
  const found = new Map<IrTensor, IrTensor[]>()
  const candidates = graph.inputs.filter((raw) => raw.dims.length === 1 && raw.dims[0]! > 1)
  const wanted = [...new Set(graph.outputs)].flatMap((output) => {
    const maker = output.producer
    if (!maker || VIEWS.has(maker.op) || output.dims.length !== 1) return []
    const alike = candidates.filter((raw) => raw.type === output.type && sameShape(raw.dims, output.dims))
    return alike.length > 0 ? [{ output, maker, alike }] : []
  })
  if (wanted.length === 0) return found
  const readers = memoryReadersOf(graph)
  const comesBefore = dependence(
    graph,
    wanted.map(({ maker }) => maker),
  )
  for (const [i, { output, maker, alike }] of wanted.entries()) {
    const fits = alike.filter((raw) =>
      readers(raw).every(
        (reader) => reader !== 'result' && (reader === maker ? byElement(maker) : comesBefore(reader, i)),
      ),
    )
    if (fits.length > 0) found.set(output, fits)
  }
  return found
}

/** An operation on whole vectors and scalars: nothing is read at another place than it is written. */
const byElement = (node: IrNode): boolean =>
  BY_ELEMENT.has(node.op) &&
  node.inputs.every((raw) => !raw || raw.dims.every((d) => d === 1) || sameShape(raw.dims, node.outputs[0]!.dims))

/** What reads a tensor's memory: its readers, and those of its views. */
function memoryReadersOf(graph: Graph): (raw: IrTensor) => (IrNode | 'result')[] {
  const direct = readersOf(graph)
  const readers = (raw: IrTensor): (IrNode | 'result')[] =>
    (direct.get(raw) ?? []).flatMap((reader) =>
      reader !== 'result' && VIEWS.has(reader.op) && reader.inputs[0] === raw
        ? [reader, ...readers(reader.outputs[0]!)]
        : [reader],
    )
  return readers
}
