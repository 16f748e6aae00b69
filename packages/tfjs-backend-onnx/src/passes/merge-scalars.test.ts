import { expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { operators } from '../testing/graphs.ts'
import { mergeScalars } from './merge-scalars.ts'

const dims = [2, 3]

/** A chain x -> op with a constant -> op with a constant …; null stands for an operator of one operand. */
function chain(...steps: [op: string, value: number | null][]): { g: Graph; links: IrTensor[] } {
  const g = new Graph()
  const links = [g.input(dims, 'float32')]
  for (const [op, value] of steps) {
    const x = links.at(-1)!
    links.push(g.node(op, value === null ? [x] : [x, g.float(value)], dims, 'float32'))
  }
  g.outputs = [links.at(-1)!]
  return { g, links }
}

/** Operators and the constant of the last one. */
function merged(...steps: [string, number | null][]): [string[], number] {
  const { g } = chain(...steps)
  const left = operators(g, mergeScalars)
  return [left, Number(g.outputs[0]!.producer!.inputs[1]?.values?.[0])]
}

test('products by constants are one, quotients by powers of two and signs among them', () => {
  expect(merged(['Mul', 2], ['Mul', 3])).toEqual([['Mul'], 6])
  expect(merged(['Mul', 2], ['Mul', 3], ['Mul', 5])).toEqual([['Mul'], 30])
  expect(merged(['Mul', 3], ['Div', 4])).toEqual([['Mul'], 0.75])
  expect(merged(['Neg', null], ['Mul', 3])).toEqual([['Mul'], -3])
  expect(merged(['Mul', 3], ['Neg', null])).toEqual([['Mul'], -3])
})

test('sums with constants are one where they point the same way', () => {
  expect(merged(['Add', 2], ['Add', 3])).toEqual([['Add'], 5])
  expect(merged(['Sub', 2], ['Sub', 3])).toEqual([['Add'], -5])
})

test('a vector takes in a scalar', () => {
  const g = new Graph()
  const x = g.input([2, 3], 'float32')
  const vector = g.constant(Float32Array.of(1, 2, 3), [3], 'float32')
  g.outputs = [g.node('Mul', [g.node('Mul', [vector, x], dims, 'float32'), g.float(2)], dims, 'float32')]
  expect(operators(g, mergeScalars)).toEqual(['Mul'])
  expect(g.outputs[0]!.producer!.inputs[1]!.values).toEqual(Float32Array.of(2, 4, 6))
})

test('what would lose digits stays', () => {
  // How programs round to whole numbers.
  expect(merged(['Add', 2 ** 23], ['Sub', 2 ** 23])[0]).toEqual(['Add', 'Sub'])
  expect(merged(['Mul', 1e30], ['Mul', 1e30])[0]).toEqual(['Mul', 'Mul'])
  expect(merged(['Mul', 1e-30], ['Mul', 1e-30])[0]).toEqual(['Mul', 'Mul'])
  expect(merged(['Mul', 3], ['Div', 3])[0]).toEqual(['Mul', 'Div'])
  expect(merged(['Mul', 2], ['Add', 3])[0]).toEqual(['Mul', 'Add'])
})

test('a value that is used elsewhere too stays', () => {
  const { g, links } = chain(['Mul', 2], ['Mul', 3])
  g.outputs.push(links[1]!)
  expect(operators(g, mergeScalars)).toEqual(['Mul', 'Mul'])
})
