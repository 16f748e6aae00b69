import type { Graph } from '../ir/graph.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'

/** Replacements of tensors, applied to all later uses in one walk over the nodes. */
export class Replacements {
  readonly #of = new Map<IrTensor, IrTensor>()

  set(old: IrTensor, by: IrTensor): void {
    this.#of.set(old, by)
  }

  get(raw: IrTensor): IrTensor {
    let current = raw
    for (let next = this.#of.get(current); next; next = this.#of.get(current)) current = next
    return current
  }

  /** Points a node's inputs at what replaced them. */
  apply(node: IrNode): void {
    for (let i = 0; i < node.inputs.length; i++) {
      const input = node.inputs[i]
      if (input) node.inputs[i] = this.get(input)
    }
  }

  applyToOutputs(graph: Graph): void {
    graph.outputs = graph.outputs.map((raw) => this.get(raw))
  }
}

/** What reads each tensor, once a time it is read: nodes, and 'result' where it is a result of the graph. */
export type Readers = Map<IrTensor, (IrNode | 'result')[]>

export function readersOf(graph: Graph): Readers {
  const readers: Readers = new Map()
  const add = (raw: IrTensor, reader: IrNode | 'result') => {
    const list = readers.get(raw)
    if (list) list.push(reader)
    else readers.set(raw, [reader])
  }
  for (const node of graph.nodes) for (const input of node.inputs) if (input) add(input, node)
  for (const output of graph.outputs) add(output, 'result')
  return readers
}

/** How often each tensor is used, outputs of the graph included. */
export function countUses(graph: Graph): Map<IrTensor, number> {
  return new Map([...readersOf(graph)].map(([raw, readers]) => [raw, readers.length]))
}

/** Places new nodes before the one being visited; the walk then continues behind it. A node of which `visit` says so is dropped. */
export function rebuild(graph: Graph, visit: (node: IrNode, done: Replacements) => 'gone' | undefined): void {
  const nodes = graph.nodes
  graph.nodes = []
  const replaced = new Replacements()
  for (const node of nodes) {
    replaced.apply(node)
    // Nodes that `visit` makes land in graph.nodes before this one.
    if (visit(node, replaced) !== 'gone') graph.nodes.push(node)
  }
  replaced.applyToOutputs(graph)
}
