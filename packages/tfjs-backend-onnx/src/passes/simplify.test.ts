import { expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import { operators } from '../testing/graphs.ts'
import { simplify } from './simplify.ts'

test('simplify: neutral operands and conversions that undo each other go', () => {
  const g = new Graph()
  const x = g.input([2, 3], 'float32')
  const turned = g.node('Transpose', [x], [3, 2], 'float32', { perm: [1, 0] })
  const back = g.node('Transpose', [turned], [2, 3], 'float32', { perm: [1, 0] })
  const flat = g.node('Reshape', [back, g.integers([6])], [6], 'float32')
  const again = g.node('Reshape', [flat, g.integers([3, 2])], [3, 2], 'float32')
  const once = g.node('Mul', [again, g.float(1)], [3, 2], 'float32')
  g.outputs = [g.node('Neg', [g.node('Add', [g.float(0), once], [3, 2], 'float32')], [3, 2], 'float32')]
  expect(operators(g, simplify)).toEqual(['Reshape', 'Neg'])
})

test('simplify: a neutral operand that broadcasts is none', () => {
  const g = new Graph()
  const x = g.input([1, 3], 'float32')
  const ones = g.constant(Float32Array.of(1), [1, 1], 'float32')
  const wide = g.node('Add', [x, g.input([2, 3], 'float32')], [2, 3], 'float32')
  g.outputs = [g.node('Mul', [ones, wide], [2, 3], 'float32')]
  expect(operators(g, simplify)).toEqual(['Add'])
  const h = new Graph()
  const column = h.input([2, 1], 'float32')
  h.outputs = [
    h.node('Mul', [h.float(1), column], [2, 1], 'float32'),
    h.node('Expand', [column, h.integers([2, 3])], [2, 3], 'float32'),
  ]
  expect(operators(h, simplify)).toEqual(['Expand'])
})
