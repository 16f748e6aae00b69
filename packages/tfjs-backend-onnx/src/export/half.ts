import { EngineError } from '../errors.ts'
import type { Graph } from '../ir/graph.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import { MAX_HALF, toHalf } from '../onnx/half.ts'
import { elementTypes } from '../onnx/types.ts'

type FloatType = 'float32' | 'float16'

/** Always in half precision: they are where time and memory go, and runtimes accumulate in single precision inside. */
const HALF = new Set(['Conv', 'ConvTranspose', 'Resize'])
/** Computed in single precision whatever comes in, with results of ordinary size: what follows is in half precision again. */
const WITHIN = new Set(['InstanceNormalization', 'Softmax', 'LogSoftmax', 'Erf'])
/** Means and comparisons stay in single precision, and so does what is computed with them alone. */
const SUMS = /^(Reduce|Arg)/
/** Inputs that are no part of the data and keep their type. */
const FIXED: Readonly<Record<string, readonly number[]>> = { Resize: [1, 2] }

/**
 * Rewrites a single-precision graph so that it stores weights and computes in half precision, but for what loses too much by
 * it: normalisations, softmax, means. Inputs and outputs are of type `io`.
 * @returns names of the weights as they are now
 * @throws EngineError 'limit' naming a weight that half precision cannot hold
 */
export function toHalfPrecision(
  graph: Graph,
  names: ReadonlyMap<IrTensor, string>,
  io: FloatType,
): Map<IrTensor, string> {
  const forms = new Forms(graph, names)
  const nodes = graph.nodes
  graph.nodes = []
  graph.inputs = graph.inputs.map((raw) => {
    if (raw.type !== 'float32' || io === 'float32') return raw
    const half = graph.raw(raw.dims, 'float16')
    forms.put(raw, half)
    // What comes before the first convolution, such as the search for a code, stays exact.
    forms.prefer(raw, 'float32')
    return half
  })
  for (const node of nodes) {
    if (isView(node)) {
      forms.putView(node)
      continue
    }
    const type = typeOf(node, forms)
    const fixed = FIXED[node.op] ?? []
    const inputs = node.inputs.map((raw, i) => {
      if (raw?.type !== 'float32') return raw && forms.current(raw)
      return fixed.includes(i) ? raw : forms.as(raw, type)
    })
    if (!node.outputs.some((raw) => raw.type === 'float32')) {
      node.inputs = inputs
      graph.nodes.push(node)
      continue
    }
    const made = graph.nodes_(
      node.op,
      inputs,
      node.outputs.map(({ dims, type: was }) => ({ dims, type: was === 'float32' ? type : was })),
      node.attributes,
      node.domain,
    )
    for (const [i, output] of node.outputs.entries()) {
      forms.put(output, made[i]!)
      if (WITHIN.has(node.op)) forms.prefer(output, 'float16')
    }
  }
  graph.outputs = graph.outputs.map((raw) => (raw.type === 'float32' ? forms.as(raw, io) : forms.current(raw)))
  return forms.names
}

/** A constant under another shape or in another order. */
function isView({ op, inputs, outputs }: IrNode): boolean {
  return (
    (op === 'Reshape' || op === 'Transpose') && inputs.every((raw) => raw?.values) && outputs[0]?.type === 'float32'
  )
}

function typeOf(node: IrNode, forms: Forms): FloatType {
  if (HALF.has(node.op)) return 'float16'
  if (WITHIN.has(node.op) || SUMS.test(node.op)) return 'float32'
  const data = node.inputs.filter((raw) => raw?.type === 'float32' && !forms.isConstant(raw))
  // What is made of constants alone is made once, when a session begins: without loss, and where every runtime can do it.
  if (data.length === 0) return 'float32'
  // A product of matrices is worth it only where they are activations; what follows a mean is small.
  const mixed = node.op === 'MatMul' || node.op === 'Gemm'
  const single = data.filter((raw) => raw && forms.preferred(raw) === 'float32').length
  return (mixed ? single === data.length : single > 0) ? 'float32' : 'float16'
}

/** The types in which a tensor is there; conversions are made once, where first asked for. */
class Forms {
  readonly names: Map<IrTensor, string>
  readonly #forms = new Map<IrTensor, Partial<Record<FloatType, IrTensor>>>()
  readonly #preferred = new Map<IrTensor, FloatType>()
  readonly #views = new Map<IrTensor, IrNode>()

  constructor(
    private readonly graph: Graph,
    names: ReadonlyMap<IrTensor, string>,
  ) {
    this.names = new Map(names)
  }

  /** `raw` of the old graph is `made` in the new one. */
  put(raw: IrTensor, made: IrTensor): void {
    const type: FloatType = made.type === 'float16' ? 'float16' : 'float32'
    this.#forms.set(raw, { [type]: made })
    this.#preferred.set(raw, type)
  }

  /** A view of a constant, made for each type in which it is asked for. */
  putView(node: IrNode): void {
    this.#views.set(node.outputs[0]!, node)
  }

  isConstant(raw: IrTensor): boolean {
    return raw.values !== null || this.#views.has(raw)
  }

  prefer(raw: IrTensor, type: FloatType): void {
    this.#preferred.set(raw, type)
  }

  /** The type that users of a tensor are to compute in, where they have no wish of their own. */
  preferred(raw: IrTensor): FloatType {
    return this.#preferred.get(raw) ?? 'float32'
  }

  current(raw: IrTensor): IrTensor {
    const forms = this.#forms.get(raw)
    return forms?.float32 ?? forms?.float16 ?? raw
  }

  as(raw: IrTensor, type: FloatType): IrTensor {
    const view = this.#views.get(raw)
    const forms = this.#forms.get(raw) ?? (view ? {} : { float32: raw })
    this.#forms.set(raw, forms)
    let made = forms[type]
    if (!made) {
      if (view) made = this.#viewed(view, type)
      else made = raw.values ? this.#narrowed(raw) : this.#cast(this.current(raw), type)
      forms[type] = made
    }
    return made
  }

  #viewed({ op, inputs, outputs, attributes }: IrNode, type: FloatType): IrTensor {
    const [source, ...rest] = inputs
    return this.graph.node(op, [this.as(source!, type), ...rest], outputs[0]!.dims, type, attributes)
  }

  #cast(raw: IrTensor, type: FloatType): IrTensor {
    return this.graph.node('Cast', [raw], raw.dims, type, { to: elementTypes[type] })
  }

  #narrowed(raw: IrTensor): IrTensor {
    const values = raw.values
    const name = this.names.get(raw)
    if (!(values instanceof Float32Array)) throw new TypeError('a float32 constant holds float32 values')
    const large = values.find((v) => Math.abs(v) > MAX_HALF)
    if (large !== undefined)
      throw new EngineError(
        'limit',
        `${name ?? 'a constant'} holds ${large}, and half precision ends at ${MAX_HALF}; export in float32`,
      )
    const made = this.graph.constant(toHalf(values), raw.dims, 'float16')
    if (name !== undefined) this.names.set(made, name)
    return made
  }
}
