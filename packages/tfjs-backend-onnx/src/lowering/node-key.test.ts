import { describe, expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Attributes } from '../onnx/types.ts'
import { nodeKey, operationKey } from './node-key.ts'

const operation = (attributes: Attributes) => operationKey({ op: 'Op', domain: '', attributes, outputs: [null] })

describe('what makes a node', () => {
  test('attributes: names, types and values, in any order', () => {
    const different: Attributes[] = [
      {},
      { a: 1 },
      { b: 1 },
      { a: -1 },
      { a: { float: 1 } },
      { a: '1' },
      { a: 'f1' },
      { a: [1] },
      { a: [1, 2] },
      { a: '1,2' },
      { a: [] },
      { a: '' },
      { a: { float: 0 } },
      { a: { float: -0 } },
      { a: { float: Number.NaN } },
      { a: { float: Number.POSITIVE_INFINITY } },
      { a: { float: Number.NEGATIVE_INFINITY } },
      { a: 1, b: 2 },
      { a: '1;b=2' },
    ]
    expect(new Set(different.map(operation)).size).toBe(different.length)
    expect(operation({ a: 1, b: 2 })).toBe(operation({ b: 2, a: 1 }))
  })

  test('operator, domain, inputs and the ones left out, results by number, type and shape', () => {
    const g = new Graph()
    const [x, y] = [g.input([4], 'float32'), g.input([4], 'float32')]
    const two = (dims: readonly number[]) => [
      { dims: [4], type: 'float32' as const },
      { dims, type: 'int64' as const },
    ]
    const made: IrTensor[] = [
      g.node('Op', [x], [4], 'float32'),
      g.node('Other', [x], [4], 'float32'),
      g.node('Op', [x], [4], 'float32', {}, 'com.microsoft'),
      g.node('Op', [y], [4], 'float32'),
      g.node('Op', [x, y], [4], 'float32'),
      g.node('Op', [x, null], [4], 'float32'),
      g.node('Op', [null, x], [4], 'float32'),
      g.node('Op', [x], [4], 'int32'),
      g.node('Op', [x], [2, 2], 'float32'),
      g.nodes_('Op', [x], two([4]))[0]!,
      g.nodes_('Op', [x], two([2]))[0]!,
    ]
    const keys = made.map((raw) => nodeKey(raw.producer!))
    expect(new Set(keys).size).toBe(made.length)
    expect(nodeKey(g.node('Op', [x], [4], 'float32').producer!)).toBe(keys[0])
  })

  test('what is repeated: the same for every piece, wherever it was made', () => {
    const g = new Graph()
    const [x, y] = [g.input([3, 2], 'float32'), g.input([2], 'float32')]
    const repeated = (op: string, operand: number) => {
      const [made] = g.scan({ pieces: [x], whole: [y] }, ({ pieces: [piece], whole: [all] }) => ({
        results: [g.node(op, [piece!, operand === 0 ? all! : g.float(operand)], [2], 'float32')],
      }))
      return nodeKey(made!.producer!)
    }
    const different = [repeated('Add', 0), repeated('Mul', 0), repeated('Add', 1), repeated('Add', 2)]
    expect(new Set(different).size).toBe(different.length)
    expect(repeated('Add', 2)).toBe(different[3])
  })
})
