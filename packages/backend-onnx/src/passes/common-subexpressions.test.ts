import { expect, test } from 'vitest'
import { Graph } from '../lowering/graph.ts'
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
