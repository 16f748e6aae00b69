import { describe, expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import { conv, image, operators, target } from '../testing/graphs.ts'
import { useBlockedLayout } from './blocked-layout.ts'

describe('blocked-layout', () => {
  const weights = (g: Graph) => g.input([32, 32, 3, 3], 'float32')
  const big = (ops: string[]) => ops.filter((op) => !['Reshape', 'Transpose'].includes(op))

  test('convolutions and what is elementwise between them are reordered once in and once out', () => {
    const g = new Graph()
    const first = g.node('Tanh', [conv(g, g.input(image, 'float32'), weights(g), image)], image, 'float32')
    g.outputs = [conv(g, first, weights(g), image)]
    expect(big(operators(g, useBlockedLayout))).toEqual(['ReorderInput', 'Conv', 'Tanh', 'Conv', 'ReorderOutput'])
  })
  test('residual and relu become part of the convolution', () => {
    const g = new Graph()
    const x = g.input(image, 'float32')
    const first = g.node('Relu', [conv(g, x, weights(g), image)], image, 'float32')
    const sum = g.node('Add', [first, conv(g, first, weights(g), image)], image, 'float32')
    g.outputs = [g.node('Relu', [sum], image, 'float32')]
    expect(big(operators(g, useBlockedLayout))).toEqual(['ReorderInput', 'Conv', 'Conv', 'ReorderOutput'])
    const last = g.nodes.filter((node) => node.op === 'Conv')[1]!
    expect(last.inputs).toHaveLength(4)
    expect(last.attributes.activation).toBe('Relu')
  })
  test('without the layout nothing changes', () => {
    const g = new Graph()
    g.outputs = [conv(g, g.input(image, 'float32'), weights(g), image)]
    expect(operators(g, (graph) => useBlockedLayout(graph, { ...target, block: 0 }))).toEqual(['Conv'])
  })
  test.each(['plain', 'images', 'sums'])(
    'booleans and integers leave the blocks without kernels for floats: %s',
    (as) => {
      const g = new Graph()
      const out = conv(g, g.input(image, 'float32'), weights(g), image)
      const mask = g.node('Greater', [out, g.float(0)], image, 'bool')
      const [n, c, h, w] = image as [number, number, number, number]
      if (as === 'plain') g.outputs = [mask]
      if (as === 'images') g.outputs = [g.node('Transpose', [mask], [n, h, w, c], 'bool', { perm: [0, 2, 3, 1] })]
      if (as === 'sums') {
        const counted = g.node('Cast', [mask], image, 'int32', { to: 6 })
        g.outputs = [g.node('ReduceSum', [counted, g.integers([2, 3])], [n, c, 1, 1], 'int32', { keepdims: 1 })]
      }
      operators(g, useBlockedLayout)
      const own = g.nodes.filter(({ domain }) => domain !== '')
      expect(own.every(({ outputs, inputs }) => [...outputs, ...inputs].every((r) => !r || r.type === 'float32'))).toBe(
        true,
      )
      const back = g.nodes.find(({ op, attributes }) => op === 'Transpose' && `${attributes.perm}` === '0,1,4,2,3')
      expect(back?.inputs[0]?.dims).toEqual([n, c / target.block, h, w, target.block])
    },
  )
  test('channels that do not fill blocks stay plain', () => {
    const g = new Graph()
    const out = [2, 20, 5, 7]
    g.outputs = [conv(g, g.input(image, 'float32'), g.input([20, 32, 3, 3], 'float32'), out)]
    expect(operators(g, useBlockedLayout)).toEqual(['Conv'])
  })
})
