import { expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import { operators } from '../testing/graphs.ts'
import { removeDeadCode } from './dead-code.ts'

test('dead-code: what no output needs goes', () => {
  const g = new Graph()
  const x = g.input([4], 'float32')
  g.node('Exp', [x], [4], 'float32')
  g.outputs = [g.node('Neg', [x], [4], 'float32')]
  expect(operators(g, removeDeadCode)).toEqual(['Neg'])
})
