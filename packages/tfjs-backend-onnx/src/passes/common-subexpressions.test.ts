import { expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import { operators } from '../testing/graphs.ts'
import { mergeCommonSubexpressions } from './common-subexpressions.ts'

test('common-subexpressions: equal nodes are one, others are not', () => {
  const g = new Graph()
  const x = g.input([2, 3], 'float32')
  const turned = [g, g].map((graph) => graph.node('Transpose', [x], [3, 2], 'float32', { perm: [1, 0] }))
  const cast = [1, 6].map((to) => g.node('Cast', [x], [2, 3], to === 1 ? 'float32' : 'int32', { to }))
  g.outputs = [g.node('Add', turned, [3, 2], 'float32'), ...cast]
  expect(operators(g, mergeCommonSubexpressions)).toEqual(['Transpose', 'Cast', 'Cast', 'Add'])
})

test('common-subexpressions: results of a node are not those of one that has more of them', () => {
  const g = new Graph()
  const x = g.input([1, 1, 4, 4], 'float32')
  const dims = [1, 1, 2, 2]
  const attributes = { kernel_shape: [2, 2], strides: [2, 2] }
  const both = () =>
    g.nodes_(
      'MaxPool',
      [x],
      [
        { dims, type: 'float32' },
        { dims, type: 'int64' },
      ],
      attributes,
    )
  g.outputs = [g.node('MaxPool', [x], dims, 'float32', attributes), both()[1]!, both()[0]!]
  expect(operators(g, mergeCommonSubexpressions)).toEqual(['MaxPool', 'MaxPool'])
  expect(g.outputs.map((raw) => g.nodes.indexOf(raw.producer!))).toEqual([0, 1, 1])
})

test('common-subexpressions: equal scans are one, with whatever reads them', () => {
  const g = new Graph()
  const x = g.input([3, 2], 'float32')
  const doubled = () =>
    g.scan({ pieces: [x], whole: [] }, ({ pieces: [piece] }) => ({
      results: [g.node('Mul', [piece!, g.float(2)], [2], 'float32')],
    }))[0]!
  g.outputs = [g.node('Add', [doubled(), doubled()], [3, 2], 'float32')]
  expect(operators(g, mergeCommonSubexpressions)).toEqual(['Scan', 'Add'])
})
