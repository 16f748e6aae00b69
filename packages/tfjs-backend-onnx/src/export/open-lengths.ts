import { EngineError } from '../errors.ts'
import type { Graph } from '../ir/graph.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { rebuild } from '../passes/rewrite.ts'
import { constantLength, fitLength, isConstant, type Length, sameLength } from './lengths.ts'
import type { SizedGraph } from './lower.ts'
import { sameValues, type Unified, unify } from './unify.ts'

/**
 * One graph for all sizes, out of the same graph at several: lengths that stand in it as numbers and differ between the
 * samples are computed from the shapes of the inputs when the model runs.
 * @param open values of the open lengths for each sample
 * @throws EngineError 'unsupported' naming the node where something depends on the size in another way
 */
export function openLengths(samples: readonly SizedGraph[], open: readonly (readonly number[])[]): SizedGraph {
  const unified = unify(samples)
  const result = samples[0]!
  const lengths = new LengthNodes(result, unified, open)
  rebuild(result.graph, (node) => {
    const row = unified.nodes.get(node)
    // Nodes that compute lengths are new.
    if (!row) return
    for (const [i, input] of node.inputs.entries()) {
      if (!input?.values) continue
      const constants = row.map((other) => other.inputs[i]!)
      if (constants.every((c) => sameValues(c.values, input.values))) continue
      node.inputs[i] = lengths.vector(node, i, constants)
    }
  })
  return result
}

/** The nodes that compute lengths: each length and each list of lengths once. */
class LengthNodes {
  readonly #graph: Graph
  readonly #made = new Map<string, IrTensor>()

  constructor(
    private readonly result: SizedGraph,
    private readonly unified: Unified,
    private readonly open: readonly (readonly number[])[],
  ) {
    this.#graph = result.graph
  }

  /** The list of lengths that `node` takes as its input `at`. */
  vector(node: IrNode, at: number, constants: readonly IrTensor[]): IrTensor {
    const first = constants[0]!
    const length = first.values!.length
    if (first.type !== 'int64' || constants.some((c) => c.values!.length !== length)) throw cannot(node, at, first)
    let list = Array.from({ length }, (_, i) =>
      this.#fit(
        constants.map((c) => Number(c.values![i]!)),
        node,
        at,
        first,
      ),
    )
    if (node.op === 'Reshape') list = this.#relative(list, node)
    const key = `[${list.map(keyOf)}]`
    return this.#once(key, () => {
      const parts: IrTensor[] = []
      let fixed: number[] = []
      const close = () => {
        if (fixed.length > 0) parts.push(this.#graph.integers(fixed))
        fixed = []
      }
      for (const item of list) {
        if (isConstant(item)) fixed.push(item.offset)
        else {
          close()
          parts.push(this.#scalar(item))
        }
      }
      close()
      if (parts.length === 1) return parts[0]!
      return this.#graph.node('Concat', parts, [list.length], 'int64', { axis: 0 })
    })
  }

  #fit(values: readonly number[], node: IrNode, at: number, raw: IrTensor): Length {
    const fitted = fitLength(values, this.open)
    if (!fitted) throw cannot(node, at, raw)
    return fitted
  }

  /** Of a reshape: 0 for a length that stays where it is, -1 for one that follows from all others. */
  #relative(list: readonly Length[], node: IrNode): Length[] {
    const source = this.unified.tensors.get(node.inputs[0]!) ?? []
    const rank = source[0]?.dims.length ?? 0
    const before = Array.from({ length: rank }, (_, axis) =>
      fitLength(
        source.map((raw) => raw.dims[axis]!),
        this.open,
      ),
    )
    const count = this.open[0]?.length ?? 0
    const kept = list.map((item, axis) => {
      const was = before[axis]
      return !isConstant(item) && was && sameLength(item, was) ? constantLength(0, count) : item
    })
    return kept.filter((item) => !isConstant(item)).length === 1
      ? kept.map((item) => (isConstant(item) ? item : constantLength(-1, count)))
      : kept
  }

  /** A length as a tensor [1]. */
  #scalar(length: Length): IrTensor {
    return this.#once(keyOf(length), () => {
      let value: IrTensor | null = null
      const times = (factor: IrTensor) => {
        value = value ? this.#graph.node('Mul', [value, factor], [1], 'int64') : factor
      }
      for (const [i, power] of length.powers.entries()) for (let p = 0; p < power; p++) times(this.#open(i))
      if (length.factor !== 1) times(this.#graph.integers([length.factor]))
      if (!value) return this.#graph.integers([length.offset])
      if (length.offset === 0) return value
      return this.#graph.node('Add', [value, this.#graph.integers([length.offset])], [1], 'int64')
    })
  }

  /** An open length, from the shape of an input that has it. */
  #open(index: number): IrTensor {
    return this.#once(`s${index}`, () => {
      for (const input of this.result.inputs) {
        const row = this.unified.tensors.get(input) ?? []
        const axis = input.dims.findIndex((_, a) => row.every((raw, k) => raw.dims[a] === this.open[k]![index]))
        if (axis >= 0) return this.#graph.node('Shape', [input], [1], 'int64', { start: axis, end: axis + 1 })
      }
      throw new RangeError(`no input has the open length ${index}`)
    })
  }

  #once(key: string, make: () => IrTensor): IrTensor {
    let raw = this.#made.get(key)
    if (raw === undefined) {
      raw = make()
      this.#made.set(key, raw)
    }
    return raw
  }
}

const keyOf = ({ factor, powers, offset }: Length) => `${factor}*${powers.join('.')}+${offset}`

function cannot(node: IrNode, at: number, raw: IrTensor): EngineError {
  return new EngineError(
    'unsupported',
    `input ${at} of ${node.op}, a constant ${raw.type} [${raw.dims}], depends on the size of the model's input in a way ` +
      'that cannot be computed when the model runs; give the input fixed lengths',
  )
}
