import { Component, type Lower, type RecordedNode, type TensorData } from './tensor-data.ts'

/** The pending graph: records kernels, merges components, forgets what nobody refers to. */
export class Recorder {
  readonly components = new Set<Component>()
  #signatures = new Map<string, number>()
  #order = 0

  /** The number of a signature; the table is bounded because programs with ever new shapes exist. */
  signature(text: string): number {
    let id = this.#signatures.get(text)
    if (id === undefined) {
      id = this.#nextSignature++
      if (this.#signatures.size >= 50_000) this.#signatures.clear()
      this.#signatures.set(text, id)
    }
    return id
  }
  // Numbers from 1 are never reused: a cleared text gets a new number, which costs a compile and nothing else.
  #nextSignature = 1

  /** The text of a signature's number, for messages; undefined where it has been forgotten. */
  signatureText(id: number): string | undefined {
    for (const [text, known] of this.#signatures) if (known === id) return text
    return undefined
  }

  record(
    name: string,
    signature: number,
    inputs: readonly TensorData[],
    inputShapes: readonly (readonly number[])[],
    outputs: readonly TensorData[],
    lower: Lower,
  ): RecordedNode {
    let component: Component | null = null
    for (const input of inputs) {
      if (input.state !== 'pending' || !input.node) continue
      const other = input.node.component.root()
      if (component === null) component = other
      else if (component !== other) component = this.#merge(component, other)
    }
    if (component === null) {
      component = new Component()
      this.components.add(component)
    }
    const node = { signature, name, inputs, inputShapes, outputs, lower, order: this.#order++, component }
    component.nodes.push(node)
    component.live += outputs.length
    for (const output of outputs) output.node = node
    return node
  }

  #merge(a: Component, b: Component): Component {
    const [into, from] = a.nodes.length >= b.nodes.length ? [a, b] : [b, a]
    for (const node of from.nodes) into.nodes.push(node)
    into.live += from.live
    from.nodes = []
    from.parent = into
    this.components.delete(from)
    return into
  }

  /** A pending output has lost its last reference. Returns the kernels that nobody can ask for any more. */
  release(data: TensorData): readonly RecordedNode[] {
    const component = data.node?.component.root()
    if (!component || --component.live > 0) return []
    this.components.delete(component)
    return component.nodes.splice(0)
  }

  /** Takes a component out of the pending graph, its nodes in the order of recording. */
  take(component: Component): RecordedNode[] {
    this.components.delete(component)
    return component.nodes.sort((a, b) => a.order - b.order)
  }
}
