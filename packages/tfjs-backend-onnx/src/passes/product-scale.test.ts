import { describe, expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { operators, target } from '../testing/graphs.ts'
import { fuseProductScales } from './product-scale.ts'

describe('product-scale', () => {
  const build = (factor: (g: Graph) => IrTensor, twice = false, dims = [2, 4]) => {
    const g = new Graph()
    const product = g.node('MatMul', [g.input([2, 3], 'float32'), g.input([3, 4], 'float32')], [2, 4], 'float32')
    g.outputs = [g.node('Mul', [factor(g), product], dims, 'float32'), ...(twice ? [product] : [])]
    return g
  }
  test('a number is the factor of the product of matrices before it', () => {
    const g = build((g) => g.float(0.5))
    expect(operators(g, fuseProductScales)).toEqual(['FusedMatMul'])
    expect(g.outputs[0]!.producer?.attributes).toEqual({ alpha: { float: 0.5 } })
  })
  test('so is the number by which one of its factors is multiplied', () => {
    const g = new Graph()
    const scaled = g.node('Mul', [g.input([3, 4], 'float32'), g.float(-2)], [3, 4], 'float32')
    g.outputs = [g.node('FusedMatMul', [g.input([3, 2], 'float32'), scaled], [2, 4], 'float32', { transA: 1 })]
    expect(operators(g, fuseProductScales)).toEqual(['FusedMatMul'])
    expect(g.outputs[0]!.producer?.attributes).toEqual({ transA: 1, alpha: { float: -2 } })
  })
  test('what already has one keeps it', () => {
    const g = build((g) => g.float(0.5))
    g.outputs = [g.node('Mul', [g.outputs[0]!, g.float(3)], [2, 4], 'float32')]
    expect(operators(g, fuseProductScales)).toEqual(['FusedMatMul', 'Mul'])
  })
  test('not a number for each element, one that adds an axis, or where the bare product is wanted or no such operator is there', () => {
    const kept = ['MatMul', 'Mul']
    expect(
      operators(
        build((g) => g.input([2, 4], 'float32')),
        fuseProductScales,
      ),
    ).toEqual(kept)
    expect(
      operators(
        build((g) => g.constant(Float32Array.of(2), [1, 1, 1], 'float32'), false, [1, 2, 4]),
        fuseProductScales,
      ),
    ).toEqual(kept)
    expect(
      operators(
        build((g) => g.float(0.5), true),
        fuseProductScales,
      ),
    ).toEqual(kept)
    const plain = (g: Graph) => fuseProductScales(g, { ...target, microsoft: false })
    expect(
      operators(
        build((g) => g.float(0.5)),
        plain,
      ),
    ).toEqual(kept)
  })
})
