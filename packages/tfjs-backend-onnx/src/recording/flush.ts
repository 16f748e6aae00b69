import type { RecordedNode, TensorData } from './tensor-data.ts'

/** A component on its way through compile and run. */
export interface Flush {
  readonly nodes: readonly RecordedNode[]
  /** Outputs that were referenced when the flush began: the model's outputs. */
  readonly roots: readonly TensorData[]
}

/** The part of a component that its roots need, in order, and the resident tensors it starts from. */
export interface LiveGraph {
  readonly nodes: readonly RecordedNode[]
  readonly leaves: readonly TensorData[]
  readonly roots: readonly TensorData[]
}

/** Walks back from the roots: what nobody can read any more is not compiled. */
export function liveGraph({ nodes, roots }: Flush): LiveGraph {
  const needed = new Set<RecordedNode>()
  for (const root of roots) if (root.node) needed.add(root.node)
  const own = new Set(nodes)
  const leaves = new Set<TensorData>()
  // Nodes stand in the order of recording, so one pass from the end sees every consumer before its inputs' makers.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!
    if (!needed.has(node)) continue
    for (const input of node.inputs) if (input.node && own.has(input.node)) needed.add(input.node)
  }
  const live = nodes.filter((node) => needed.has(node))
  for (const node of live) {
    for (const input of node.inputs) if (!(input.node && own.has(input.node))) leaves.add(input)
  }
  return { nodes: live, leaves: [...leaves], roots }
}

/**
 * The structure of a live graph as numbers: two graphs with equal keys compute the same from leaves of the same kinds.
 * Values of literals are not in it: they are compared on their own, since some of them change from step to step.
 * Signatures, numbered from 1, stand in it inverted: below the -1 that ends the nodes, where places of tensors are from 0 on.
 */
export class StructureKey {
  private constructor(
    readonly hash: string,
    private readonly words: Int32Array,
  ) {}

  static of(graph: LiveGraph, leafKind: (leaf: TensorData) => number): StructureKey {
    const words: number[] = [graph.nodes.length, graph.leaves.length]
    const index = new Map<TensorData, number>()
    for (const leaf of graph.leaves) {
      index.set(leaf, index.size)
      words.push(~leafKind(leaf))
    }
    for (const node of graph.nodes) {
      words.push(~node.signature)
      for (const input of node.inputs) words.push(index.get(input)!)
      for (const output of node.outputs) index.set(output, index.size)
    }
    words.push(-1)
    for (const root of graph.roots) words.push(index.get(root)!)
    const packed = Int32Array.from(words)
    return new StructureKey(hashOf(packed), packed)
  }

  equals(other: StructureKey): boolean {
    if (this.words.length !== other.words.length) return false
    for (let i = 0; i < this.words.length; i++) if (this.words[i] !== other.words[i]) return false
    return true
  }

  /**
   * The signatures in which this structure differs from one of equal make, as pairs [here, there]; null where they differ in
   * how tensors are connected, or in more than `most` places.
   */
  differences(other: StructureKey, most: number): [number, number][] | null {
    if (this.words.length !== other.words.length) return null
    const found: [number, number][] = []
    for (let i = 0; i < this.words.length; i++) {
      const [here, there] = [this.words[i]!, other.words[i]!]
      if (here === there) continue
      if (here >= -1 || there >= -1 || found.length === most) return null
      found.push([~here, ~there])
    }
    return found
  }
}

/**
 * Two 32-bit hashes side by side, for tables that compare what they find, and for values of constants, which are not kept to be
 * compared. So every bit of a word must move all of both: a product alone lets none sink, and changing two signs changed nothing.
 */
export function hashOf(words: Int32Array): string {
  let a = 0x811c9dc5
  let b = 0x9747b28c
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i]!, 0x01000193)
    a ^= a >>> 13
    b = Math.imul(b ^ (words[i]! + i), 0x5bd1e995)
    b ^= b >>> 15
  }
  return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}.${words.length}`
}
