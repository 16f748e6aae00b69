import { expect, test } from 'vitest'
import { filled, Graph } from '../ir/graph.ts'
import { sizeOf } from '../ir/shape.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { nodeRuntime } from '../node/onnxruntime.ts'
import type { Attributes, ElementType, TensorValues } from '../onnx/types.ts'
import { encodeModel } from '../onnx/writer.ts'
import { operators } from '../testing/graphs.ts'
import { foldConstants, MAX_FOLDED } from './fold-constants.ts'

const g = new Graph()
const floats = (dims: readonly number[], ...values: number[]) => g.constant(Float32Array.from(values), dims, 'float32')
const ints = (dims: readonly number[], ...values: number[]) => g.constant(Int32Array.from(values), dims, 'int32')
const a = floats([2, 3], 1.1, -2.7, 3.3, 0.1, 1e30, -0)
const row = floats([3], 0.7, 3.1e-39, -5)
const whole = ints([2, 3], 7, -2147483648, 2147483647, 3, -4, 0)

/** Each operator that is folded: name, inputs, what it gives, attributes. */
const cases: readonly [string, IrTensor[], readonly number[], ElementType, Attributes?][] = [
  ['Add', [a, row], [2, 3], 'float32'],
  ['Sub', [row, a], [2, 3], 'float32'],
  ['Mul', [a, row], [2, 3], 'float32'],
  ['Mul', [a, a], [2, 3], 'float32'],
  ['Div', [a, row], [2, 3], 'float32'],
  ['Neg', [a], [2, 3], 'float32'],
  ['Abs', [a], [2, 3], 'float32'],
  ['Sqrt', [floats([3], 2, 0.1, 1e-40)], [3], 'float32'],
  ['Reciprocal', [row], [3], 'float32'],
  ['Add', [whole, ints([], 5)], [2, 3], 'int32'],
  ['Sub', [whole, ints([], 5)], [2, 3], 'int32'],
  ['Mul', [whole, ints([], 65537)], [2, 3], 'int32'],
  ['Reshape', [a, g.integers([3, 2])], [3, 2], 'float32'],
  ['Identity', [a], [2, 3], 'float32'],
  ['Unsqueeze', [row, g.integers([0])], [1, 3], 'float32'],
  ['Squeeze', [floats([1, 3], 1, 2, 3), g.integers([0])], [3], 'float32'],
  ['Transpose', [a], [3, 2], 'float32', { perm: [1, 0] }],
  ['Expand', [row, g.integers([2, 3])], [2, 3], 'float32'],
  ['Slice', [a, g.integers([1]), g.integers([3]), g.integers([1])], [2, 2], 'float32'],
  ['Slice', [a, g.integers([0, 0]), g.integers([2, 3]), g.integers([0, 1]), g.integers([1, 2])], [2, 2], 'float32'],
  ['Concat', [a, floats([2, 1], 8, 9)], [2, 4], 'float32', { axis: 1 }],
  ['Concat', [g.integers([1, 2]), g.integers([3])], [3], 'int64', { axis: 0 }],
  ['Cast', [floats([4], 1.9, -1.9, 0, -0)], [4], 'int32', { to: 6 }],
  ['Cast', [floats([4], 1.9, Number.NaN, 0, -0)], [4], 'bool', { to: 9 }],
  ['Cast', [ints([2], 16777217, -3)], [2], 'float32', { to: 1 }],
  ['Cast', [ints([2], 7, -3)], [2], 'int64', { to: 7 }],
]

test.each(cases)(
  '%s of constants is what the runtime computes, to the bit',
  async (op, inputs, dims, type, attributes) => {
    const graph = new Graph()
    graph.outputs = [graph.node(op, [...inputs], dims, type, attributes)]
    const want = await computed(graph, inputs)
    expect(operators(graph, foldConstants)).toEqual([])
    expect(bytes(graph.outputs[0]!.values!)).toEqual(bytes(want))
  },
)

/** What the runtime makes of a graph of one node. */
async function computed({ nodes: [node] }: Graph, inputs: readonly IrTensor[]): Promise<TensorValues> {
  const names = inputs.map((_, i) => `c${i}`)
  const { dims, type } = node!.outputs[0]!
  const session = await (await nodeRuntime({ threads: 1 })).create(
    encodeModel({
      nodes: [{ op: node!.op, domain: '', inputs: names, outputs: ['y'], attributes: node!.attributes }],
      initializers: inputs.map((raw, i) => ({ name: names[i]!, type: raw.type, shape: raw.dims, values: raw.values! })),
      inputs: [],
      outputs: [{ name: 'y', type, shape: dims }],
    }),
  )
  const data = filled(type, sizeOf(dims), 0)
  await session.run([], [{ name: 'y', type, dims, data }])
  await session.release()
  return data
}

const bytes = ({ buffer, byteOffset, byteLength }: TensorValues) => [...new Uint8Array(buffer, byteOffset, byteLength)]

test('what follows from constants is folded in one go, what needs an input stays', () => {
  const graph = new Graph()
  const x = graph.input([3], 'float32')
  const two = graph.node('Add', [graph.float(1), graph.float(1)], [], 'float32')
  const six = graph.node('Mul', [two, graph.float(3)], [], 'float32')
  graph.outputs = [graph.node('Mul', [x, six], [3], 'float32'), six]
  expect(operators(graph, foldConstants)).toEqual(['Mul'])
  expect(graph.nodes[0]!.inputs[1]!.values).toEqual(Float32Array.of(6))
  expect(graph.outputs[1]!.values).toEqual(Float32Array.of(6))
})

test('what libraries compute differently, and large results, are left to the runtime', () => {
  const graph = new Graph()
  const large = graph.constant(new Float32Array(MAX_FOLDED + 1), [MAX_FOLDED + 1], 'float32')
  graph.outputs = [
    graph.node('Exp', [graph.float(1)], [], 'float32'),
    graph.node('Neg', [large], large.dims, 'float32'),
    graph.node('Cast', [graph.float(3e9)], [], 'int32', { to: 6 }),
    graph.node('Gelu', [graph.float(1)], [], 'float32', {}, 'com.microsoft'),
  ]
  expect(operators(graph, foldConstants)).toEqual(['Exp', 'Neg', 'Cast', 'Gelu'])
})
