import { describe, expect, test } from 'vitest'
import { Graph } from '../ir/graph.ts'
import { conv, image, operators } from '../testing/graphs.ts'
import { fuseConvBias } from './conv-bias.ts'

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
