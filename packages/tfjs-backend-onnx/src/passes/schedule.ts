import type { Graph } from '../ir/graph.ts'
import type { IrNode } from '../ir/tensor.ts'
import { dependence } from './dependence.ts'

/** From this many on the parts of a concatenation, or results, are taken for a collection, such as the gradients of all weights. */
const MANY = 8

/** What at most so many nodes make of inputs and constants alone is made where it is needed: a filter in another layout. */
const SHORT = 8

/** Operators that only change how a tensor is looked at or laid out. */
const LAYOUT = new Set(['Reshape', 'Transpose'])

/**
 * Orders nodes so that ONNX Runtime computes each part of a large concatenation, and each of many results, as soon as it can be.
 * The runtime's order of execution is not the file's: it walks back from the results, depth first, and begins with the result,
 * and at each node with the input, whose node stands last. Of the gradients of all weights it would so begin with one that
 * needs the whole backward pass, and keep what all others need in memory until then. Here the parts stand directly before their
 * concatenation, and the results at the end, what can be computed first as the last.
 */
export function scheduleParts(graph: Graph): void {
  schedulePreparations(graph)
  scheduleConcatenations(graph)
  scheduleResults(graph)
}

/**
 * What is soon made of inputs moved to the front: of a node's inputs it is then computed as the last one, after the long history
 * of the others, and not before it, where all filters would be laid out before the first convolution.
 */
function schedulePreparations(graph: Graph): void {
  const lengths = new Map<IrNode, number>()
  for (const node of graph.nodes) {
    let length = node.body ? SHORT + 1 : 1
    for (const input of node.inputs) if (input?.producer) length += lengths.get(input.producer) ?? 0
    lengths.set(node, length)
  }
  const isShort = (node: IrNode) => (lengths.get(node) ?? 0) <= SHORT
  graph.nodes = [...graph.nodes.filter(isShort), ...graph.nodes.filter((node) => !isShort(node))]
}

/** Results that nothing else needs, moved to the end: the fewer nodes come before one, the later it stands. */
function scheduleResults(graph: Graph): void {
  const needed = new Set(graph.nodes.flatMap(({ inputs }) => inputs.map((input) => input?.producer)))
  const last = graph.nodes.filter((node) => !needed.has(node))
  if (last.length < MANY) return
  const comesBefore = dependence(graph, last)
  const before = new Map(last.map((node, i) => [node, graph.nodes.filter((other) => comesBefore(other, i)).length]))
  const rest = graph.nodes.filter((node) => needed.has(node))
  graph.nodes = [...rest, ...last.sort((a, b) => (before.get(b) ?? 0) - (before.get(a) ?? 0))]
}

function scheduleConcatenations(graph: Graph): void {
  const position = new Map<IrNode, number>(graph.nodes.map((node, i) => [node, i]))
  const consumers = new Map<IrNode, number>()
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input?.producer) consumers.set(input.producer, (consumers.get(input.producer) ?? 0) + 1)
    }
  }
  const parts = new Map<IrNode, IrNode[]>()
  const sunk = new Set<IrNode>()
  for (const node of graph.nodes) {
    if (node.op !== 'Concat' || node.inputs.length < MANY) continue
    const own = new Set<IrNode>()
    for (const input of node.inputs) {
      const part = input?.producer
      if (part && consumers.get(part) === 1 && !sunk.has(part)) own.add(part)
    }
    for (const part of own) sunk.add(part)
    const available = (part: IrNode) => position.get(origin(part)) ?? 0
    parts.set(
      node,
      [...own].sort((a, b) => available(b) - available(a)),
    )
  }
  if (sunk.size === 0) return
  graph.nodes = graph.nodes.flatMap((node) => (sunk.has(node) ? [] : [...(parts.get(node) ?? []), node]))
}

/** The node that computes what a chain of layout changes starts from. */
function origin(node: IrNode): IrNode {
  let current = node
  while (LAYOUT.has(current.op)) {
    const before = current.inputs[0]?.producer
    if (!before) break
    current = before
  }
  return current
}
