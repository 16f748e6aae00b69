import { filled } from '../ir/graph.ts'
import { sizeOf } from '../ir/shape.ts'
import type { IrNode, IrTensor } from '../ir/tensor.ts'
import type { ElementType, TensorValues } from '../onnx/types.ts'

/** A tensor whose values are known. */
type Known = IrTensor & { readonly values: TensorValues }

/**
 * What a node makes of constants, to the bit as a runtime would: operators that move values, and arithmetic that IEEE 754
 * rounds correctly. Null for all else (exponentials differ between libraries), and for types that it is not written for.
 */
export function evaluate(node: IrNode): TensorValues | null {
  const out = node.outputs[0]!
  if (node.domain !== '' || node.outputs.length !== 1 || out.dims.includes(0)) return null
  const inputs: Known[] = []
  for (const input of node.inputs) {
    if (!isKnown(input)) return null
    inputs.push(input)
  }
  const evaluator = evaluators.get(node.op)
  return evaluator ? evaluator(inputs, out, node) : null
}

const isKnown = (raw: IrTensor | null): raw is Known => raw !== null && raw.values !== null

type Evaluator = (inputs: readonly Known[], out: IrTensor, node: IrNode) => TensorValues | null

const moving: Readonly<Record<string, Evaluator>> = {
  Identity: ([x]) => x!.values,
  Reshape: ([x]) => x!.values,
  Squeeze: ([x]) => x!.values,
  Unsqueeze: ([x]) => x!.values,
  Transpose: ([x], out, { attributes }) => {
    if (!Array.isArray(attributes.perm)) return null
    const strides = stridesOf(x!.dims)
    return picked(
      x!,
      out,
      0,
      attributes.perm.map((axis: number) => strides[axis]!),
    )
  },
  Expand: ([x], out) => picked(x!, out, 0, repeating(x!.dims, out.dims)),
  Slice: ([x, starts, , axes, steps], out) => {
    const strides = stridesOf(x!.dims)
    let from = 0
    for (const [i, start] of numbers(starts!).entries()) {
      const axis = axes ? numbers(axes)[i]! : i
      const step = steps ? numbers(steps)[i]! : 1
      const d = x!.dims[axis]
      // Counted from the end, stepped backwards: rare, and left to the runtime.
      if (d === undefined || step < 1 || start < 0 || start >= d) return null
      from += start * strides[axis]!
      strides[axis]! *= step
    }
    return picked(x!, out, from, strides)
  },
  Concat: (parts, out, { attributes }) => {
    const axis = attributes.axis
    if (typeof axis !== 'number' || axis < 0 || parts.some(({ type }) => type !== out.type)) return null
    const runs = sizeOf(out.dims.slice(0, axis))
    const rows = Array.from({ length: runs }, (_, run) =>
      parts.map(({ values }) => {
        const length = values.length / runs
        return [...values.subarray(run * length, (run + 1) * length)]
      }),
    )
    return arrayOf(out.type, rows.flat(2))
  },
  Cast: ([x], out) => {
    if (x!.type === out.type) return x!.values
    if (!castable.has(x!.type) || !castable.has(out.type)) return null
    const values = Array.from(x!.values, Number)
    if (out.type === 'bool') return Uint8Array.from(values, (v) => (v === 0 ? 0 : 1))
    if (out.type === 'float32') return Float32Array.from(values)
    // What does not fit is undefined there.
    if (!values.every((v) => Math.abs(v) < 2 ** 31)) return null
    return out.type === 'int32' ? Int32Array.from(values) : BigInt64Array.from(values, (v) => BigInt(Math.trunc(v)))
  },
}

const castable = new Set(['float32', 'int32', 'int64', 'bool'])

/** A double's sum, product, quotient or root of single-precision numbers, rounded to one, is that of the numbers themselves. */
const float2 = (f: (a: number, b: number) => number): Evaluator => elementwise('float32', f)
const float1 = (f: (a: number) => number): Evaluator => elementwise('float32', f)

const computing: Readonly<Record<string, Evaluator>> = {
  Add: either(
    float2((a, b) => a + b),
    elementwise('int32', (a, b) => a + b),
  ),
  Sub: either(
    float2((a, b) => a - b),
    elementwise('int32', (a, b) => a - b),
  ),
  Mul: either(
    float2((a, b) => a * b),
    elementwise('int32', Math.imul),
  ),
  Div: float2((a, b) => a / b),
  Neg: float1((a) => -a),
  Abs: float1(Math.abs),
  Sqrt: float1(Math.sqrt),
  Reciprocal: float1((a) => 1 / a),
}

const evaluators: ReadonlyMap<string, Evaluator> = new Map(Object.entries({ ...moving, ...computing }))

function either(a: Evaluator, b: Evaluator): Evaluator {
  return (inputs, out, node) => a(inputs, out, node) ?? b(inputs, out, node)
}

/** An operation on elements of a type, with broadcasting. */
function elementwise(type: 'float32' | 'int32', f: (a: number, b: number) => number): Evaluator {
  return (inputs, out) => {
    if (out.type !== type || inputs.some((input) => input.type !== type) || inputs.length > 2) return null
    const [a, b = a] = inputs.map((input) => picked(input, out, 0, repeating(input.dims, out.dims)))
    const results = Array.from({ length: sizeOf(out.dims) }, (_, i) => f(Number(a![i]), Number(b![i])))
    return arrayOf(type, results)
  }
}

/** Steps in memory from one index of each axis to the next, row by row. */
function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length)
  let step = 1
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = step
    step *= dims[axis]!
  }
  return strides
}

/** Strides of `dims` seen as the wider `out`: 0 where one value repeats. */
function repeating(dims: readonly number[], out: readonly number[]): number[] {
  const strides = stridesOf(dims)
  const added = out.length - dims.length
  return out.map((_, axis) => (axis < added || dims[axis - added] === 1 ? 0 : strides[axis - added]!))
}

/** The values that a walk over `out`, row by row, meets when each axis moves by its stride. */
function picked({ values, type }: Known, out: IrTensor, from: number, strides: readonly number[]): TensorValues {
  const result = new Array<number | bigint>(sizeOf(out.dims))
  const index = out.dims.map(() => 0)
  let at = from
  for (let i = 0; i < result.length; i++) {
    result[i] = values[at]!
    for (let axis = index.length - 1; axis >= 0; axis--) {
      at += strides[axis]!
      index[axis]!++
      if (index[axis]! < out.dims[axis]!) break
      at -= index[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
  return arrayOf(type, result)
}

function arrayOf(type: ElementType, values: readonly (number | bigint)[]): TensorValues {
  const result = filled(type, values.length, 0)
  for (const [i, value] of values.entries()) {
    if (result instanceof BigInt64Array) result[i] = BigInt(value)
    else result[i] = Number(value)
  }
  return result
}

const numbers = ({ values }: Known): number[] => Array.from(values, Number)
