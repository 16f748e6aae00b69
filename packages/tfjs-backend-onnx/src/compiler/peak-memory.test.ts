import { expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import { executionOrder, peakBytes } from './peak-memory.ts'

test('the runtime takes what stands last first, inputs before what uses them', () => {
  const g = new Graph()
  const x = g.input([4], 'float32')
  const a = g.node('Exp', [x], [4], 'float32')
  const b = g.node('Neg', [x], [4], 'float32')
  g.outputs = [g.node('Add', [a, b], [4], 'float32')]
  expect(executionOrder(g).map((node) => node.op)).toEqual(['Neg', 'Exp', 'Add'])
})

test('a tensor counts from its making to its last use; a view counts as what it views', () => {
  const g = new Graph()
  const x = g.input([100], 'float32')
  let chain = x
  for (let i = 0; i < 5; i++) {
    chain = g.node('Exp', [chain], [...chain.dims], 'float32')
    chain = g.node('Reshape', [chain, g.integers([10, 10])], [10, 10], 'float32')
  }
  g.outputs = [chain]
  expect(peakBytes(g)).toBe(800)
})
