import { expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import { operators } from '../testing/graphs.ts'
import { fuseReluGradients } from './relu-gradient.ts'

test('relu-gradient: the step of relu is steep and reads relu alone', () => {
  const g = new Graph()
  const [x, dy] = [g.input([4], 'float32'), g.input([4], 'float32')]
  const y = g.node('Relu', [x], [4], 'float32')
  g.outputs = [y, g.node('Mul', [dy, g.node('Sign', [y], [4], 'float32')], [4], 'float32')]
  expect(operators(g, fuseReluGradients)).toEqual(['Relu', 'HardSigmoid', 'Mul'])
})
