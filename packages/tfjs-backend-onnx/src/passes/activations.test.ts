import { describe, expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { operators, target } from '../testing/graphs.ts'
import { fuseActivations } from './activations.ts'

describe('activations', () => {
  const phi = (g: Graph, x: IrTensor) => {
    const erf = g.node('Erf', [g.node('Mul', [x, g.float(Math.SQRT1_2)], x.dims, 'float32')], x.dims, 'float32')
    return g.node('Mul', [g.node('Add', [erf, g.float(1)], x.dims, 'float32'), g.float(0.5)], x.dims, 'float32')
  }
  test('x Φ(x) is Gelu', () => {
    const g = new Graph()
    const x = g.input([4], 'float32')
    g.outputs = [g.node('Mul', [x, phi(g, x)], [4], 'float32')]
    expect(operators(g, fuseActivations)).toEqual(['Gelu'])
  })
  test('a shared Φ is computed for itself', () => {
    const g = new Graph()
    const x = g.input([4], 'float32')
    const p = phi(g, x)
    g.outputs = [g.node('Mul', [x, p], [4], 'float32'), p]
    expect(operators(g, fuseActivations)).toEqual(['Mul', 'Erf', 'HardSigmoid', 'Gelu'])
  })
  test('Φ of something else is not GELU', () => {
    const g = new Graph()
    const [x, z] = [g.input([4], 'float32'), g.input([4], 'float32')]
    g.outputs = [g.node('Mul', [x, phi(g, z)], [4], 'float32')]
    expect(operators(g, fuseActivations)).toEqual(['Mul', 'Erf', 'HardSigmoid', 'Mul'])
  })
  test('another slope than that of Φ is not GELU', () => {
    const g = new Graph()
    const x = g.input([4], 'float32')
    const erf = g.node('Erf', [g.node('Mul', [x, g.float(Math.SQRT1_2)], [4], 'float32')], [4], 'float32')
    const step = g.node('HardSigmoid', [erf], [4], 'float32', { alpha: { float: 3e38 }, beta: { float: 0 } })
    g.outputs = [g.node('Mul', [x, step], [4], 'float32')]
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
