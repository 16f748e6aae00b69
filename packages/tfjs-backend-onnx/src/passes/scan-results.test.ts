import { describe, expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { operators } from '../testing/graphs.ts'
import { fuseScanResults } from './scan-results.ts'

const image = [2, 4, 3, 8]

/** Images [2,4,3,8] that a scan over four pieces makes. */
function scanned(g: Graph): IrTensor {
  const x = g.input([4, 6, 8], 'float32')
  const [made] = g.scan({ pieces: [x], whole: [] }, ({ pieces: [piece] }) => ({
    results: [g.node('Neg', [piece!], [6, 8], 'float32')],
  }))
  return g.node('Reshape', [made!, g.integers(image)], image, 'float32')
}

/** Operators of a graph and, behind, of what its scan does for each piece. */
function both(g: Graph): [string[], string[] | undefined] {
  return [operators(g, fuseScanResults), g.nodes.find(({ body }) => body)?.body?.nodes.map(({ op }) => op)]
}

describe('scan-results', () => {
  const elementwise = (g: Graph, op: string, ...inputs: IrTensor[]) => g.node(op, inputs, image, 'float32')

  test('bias, residual and activation go into the pieces', () => {
    const g = new Graph()
    const biased = elementwise(g, 'Add', scanned(g), g.input([1, 1, 1, 8], 'float32'))
    g.outputs = [elementwise(g, 'Relu', elementwise(g, 'Add', g.input(image, 'float32'), biased))]
    expect(both(g)).toEqual([
      ['Reshape', 'Reshape', 'Scan', 'Reshape'],
      ['Neg', 'Add', 'Add', 'Relu'],
    ])
    const { body, inputs } = g.nodes.find((node) => node.body)!
    expect(inputs.map((raw) => raw!.dims)).toEqual([[4, 6, 8], [4, 6, 8], [8]])
    expect(body!.parameters.map((raw) => raw.dims)).toEqual([[6, 8], [6, 8], [8]])
  })

  test('what only such an operand needs goes with it, if it comes from one tensor', () => {
    const g = new Graph()
    const step = elementwise(g, 'HardSigmoid', g.input(image, 'float32'))
    g.outputs = [elementwise(g, 'Mul', scanned(g), step)]
    expect(both(g)).toEqual([
      ['Reshape', 'Scan', 'Reshape'],
      ['Neg', 'HardSigmoid', 'Mul'],
    ])
    const other = new Graph()
    const sum = elementwise(other, 'Add', other.input(image, 'float32'), other.input(image, 'float32'))
    other.outputs = [elementwise(other, 'Mul', scanned(other), sum)]
    expect(both(other)).toEqual([
      ['Add', 'Reshape', 'Scan', 'Reshape'],
      ['Neg', 'Mul'],
    ])
  })

  test('so does what is used in it twice', () => {
    const g = new Graph()
    const x = g.input(image, 'float32')
    const scaled = elementwise(g, 'Mul', x, g.float(2))
    const slope = elementwise(g, 'Add', elementwise(g, 'Erf', scaled), elementwise(g, 'Mul', scaled, x))
    g.outputs = [elementwise(g, 'Mul', scanned(g), slope)]
    expect(both(g)).toEqual([
      ['Reshape', 'Scan', 'Reshape'],
      ['Neg', 'Mul', 'Erf', 'Mul', 'Add', 'Mul'],
    ])
  })

  test('channels are repeated along results that are lines of pixels', () => {
    const g = new Graph()
    const x = g.input([4, 6, 8], 'float32')
    const [made] = g.scan({ pieces: [x], whole: [] }, ({ pieces: [piece] }) => ({
      results: [g.node('Reshape', [piece!, g.integers([2, 3, 8])], [2, 3, 8], 'float32')],
    }))
    const whole = g.node('Reshape', [made!, g.integers(image)], image, 'float32')
    g.outputs = [elementwise(g, 'Add', whole, g.input([1, 1, 1, 8], 'float32'))]
    expect(both(g)).toEqual([
      ['Reshape', 'Tile', 'Scan', 'Reshape'],
      ['Reshape', 'Reshape', 'Add'],
    ])
    expect(g.nodes.find(({ op }) => op === 'Tile')?.outputs[0]?.dims).toEqual([24])
  })

  test('nothing is left that reads what is gone', () => {
    const g = new Graph()
    g.outputs = [elementwise(g, 'Relu', scanned(g))]
    fuseScanResults(g)
    const made = new Set([...g.inputs, ...g.nodes.flatMap(({ outputs }) => outputs)])
    for (const { inputs } of g.nodes)
      for (const raw of inputs) expect(raw === null || raw.values !== null || made.has(raw)).toBe(true)
  })

  test('a result that is wanted as it is, stays', () => {
    const g = new Graph()
    const result = scanned(g)
    g.outputs = [elementwise(g, 'Relu', result), result]
    expect(both(g)).toEqual([['Scan', 'Reshape', 'Relu'], ['Neg']])
  })
})
