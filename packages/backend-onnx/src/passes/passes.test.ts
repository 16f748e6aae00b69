import { describe, expect, test } from 'vitest'
import { Graph } from '../lowering/graph.ts'
import type { Target } from '../lowering/lowering.ts'
import type { Raw } from '../lowering/value.ts'
import { fuseActivations } from './activations.ts'
import { useBlockedLayout } from './blocked-layout.ts'
import { mergeCommonSubexpressions } from './common-subexpressions.ts'
import { fuseConvBias } from './conv-bias.ts'
import { removeDeadCode } from './dead-code.ts'
import { fuseReluGradients } from './relu-gradient.ts'
import { simplify } from './simplify.ts'

const target: Target = { provider: 'cpu', microsoft: true, block: 16, layout: true }
const image = [2, 32, 5, 7]

/** Operators of a graph after a pass and removal of what is dead, in order. */
function operators(graph: Graph, pass: (graph: Graph, target: Target) => void): string[] {
  pass(graph, target)
  removeDeadCode(graph)
  return graph.nodes.map((node) => node.op)
}

function conv(g: Graph, x: Raw, filter: Raw, out: readonly number[]): Raw {
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], dilations: [1, 1] }
  return g.node('Conv', [x, filter], out, 'float32', attributes)
}

test('dead-code: what no output needs goes', () => {
  const g = new Graph()
  const x = g.input([4], 'float32')
  g.node('Exp', [x], [4], 'float32')
  g.outputs = [g.node('Neg', [x], [4], 'float32')]
  expect(operators(g, removeDeadCode)).toEqual(['Neg'])
})

test('common-subexpressions: equal nodes are one, others are not', () => {
  const g = new Graph()
  const x = g.input([2, 3], 'float32')
  const turned = [g, g].map((graph) => graph.node('Transpose', [x], [3, 2], 'float32', { perm: [1, 0] }))
  const cast = [1, 6].map((to) => g.node('Cast', [x], [2, 3], to === 1 ? 'float32' : 'int32', { to }))
  g.outputs = [g.node('Add', turned, [3, 2], 'float32'), ...cast]
  expect(operators(g, mergeCommonSubexpressions)).toEqual(['Transpose', 'Cast', 'Cast', 'Add'])
})

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

test('relu-gradient: dy times the step of relu is a choice', () => {
  const g = new Graph()
  const [x, dy] = [g.input([4], 'float32'), g.input([4], 'float32')]
  const y = g.node('Relu', [x], [4], 'float32')
  g.outputs = [y, g.node('Mul', [dy, g.node('Sign', [y], [4], 'float32')], [4], 'float32')]
  expect(operators(g, fuseReluGradients)).toEqual(['Relu', 'Greater', 'Where'])
})

describe('activations', () => {
  const phi = (g: Graph, x: Raw) => {
    const erf = g.node('Erf', [g.node('Mul', [x, g.float(Math.SQRT1_2)], x.dims, 'float32')], x.dims, 'float32')
    return g.node('Mul', [g.node('Add', [erf, g.float(1)], x.dims, 'float32'), g.float(0.5)], x.dims, 'float32')
  }
  test('x Φ(x) is Gelu where Φ is used for it alone', () => {
    const g = new Graph()
    const x = g.input([4], 'float32')
    g.outputs = [g.node('Mul', [x, phi(g, x)], [4], 'float32')]
    expect(operators(g, fuseActivations)).toEqual(['Gelu'])
  })
  test('a shared Φ stays', () => {
    const g = new Graph()
    const x = g.input([4], 'float32')
    const p = phi(g, x)
    g.outputs = [g.node('Mul', [x, p], [4], 'float32'), p]
    expect(operators(g, fuseActivations)).toEqual(['Mul', 'Erf', 'HardSigmoid', 'Mul'])
  })
  test('Φ of something else is not GELU', () => {
    const g = new Graph()
    const [x, z] = [g.input([4], 'float32'), g.input([4], 'float32')]
    g.outputs = [g.node('Mul', [x, phi(g, z)], [4], 'float32')]
    expect(operators(g, fuseActivations)).toEqual(['Mul', 'Erf', 'HardSigmoid', 'Mul'])
  })
  test('x sigmoid(x) is one operator, behind a probe', () => {
    const build = () => {
      const g = new Graph()
      const x = g.input([4], 'float32')
      g.outputs = [g.node('Mul', [g.node('Sigmoid', [x], [4], 'float32'), x], [4], 'float32')]
      return g
    }
    expect(operators(build(), fuseActivations)).toEqual(['QuickGelu'])
    const plain = (g: Graph) => fuseActivations(g, { ...target, microsoft: false })
    expect(operators(build(), plain)).toEqual(['Sigmoid', 'Mul'])
  })
})

describe('conv-bias', () => {
  const build = (dims: readonly number[], twice: boolean) => {
    const g = new Graph()
    const y = conv(g, g.input(image, 'float32'), g.input([32, 32, 3, 3], 'float32'), image)
    g.outputs = [g.node('Add', [y, g.input(dims, 'float32')], image, 'float32'), ...(twice ? [y] : [])]
    return g
  }
  test('one number a channel is a bias', () => {
    expect(operators(build([1, 32, 1, 1], false), fuseConvBias)).toEqual(['Reshape', 'Conv'])
  })
  test('anything else, or a result that is wanted bare, is not', () => {
    expect(operators(build([1, 1, 1, 7], false), fuseConvBias)).toEqual(['Conv', 'Add'])
    expect(operators(build([1, 32, 1, 1], true), fuseConvBias)).toEqual(['Conv', 'Add'])
  })
})

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
  test('channels that do not fill blocks stay plain', () => {
    const g = new Graph()
    const out = [2, 20, 5, 7]
    g.outputs = [conv(g, g.input(image, 'float32'), g.input([20, 32, 3, 3], 'float32'), out)]
    expect(operators(g, useBlockedLayout)).toEqual(['Conv'])
  })
})
