import { expect, test } from 'vitest'
import { executionOrder, peakBytes } from '../compiler/peak-memory.ts'
import { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { scheduleParts } from './schedule.ts'

const LENGTH = 1000

/** A chain whose every link is also summed up: the sums are collected at the end, as the gradients of all weights are. */
function collected(count: number): Graph {
  const g = new Graph()
  const parts: IrTensor[] = []
  let link = g.input([LENGTH], 'float32')
  for (let i = 0; i < count; i++) {
    link = g.node('Exp', [link], [LENGTH], 'float32')
    const total = g.node('ReduceSum', [link, g.integers([0])], [1], 'float32', { keepdims: 1 })
    parts.push(g.node('Reshape', [total, g.integers([1])], [1], 'float32'))
  }
  g.outputs = [g.node('Concat', parts, [count], 'float32', { axis: 0 })]
  return g
}

/** Which links have been made when each sum is computed. */
function linksBefore(g: Graph): number[] {
  let links = 0
  return executionOrder(g).flatMap(({ op }) => {
    if (op === 'Exp') links++
    return op === 'ReduceSum' ? [links] : []
  })
}

test('each part of a large concatenation is computed as soon as it can be', () => {
  const g = collected(10)
  const before = peakBytes(g)
  expect(linksBefore(g)).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 10])
  scheduleParts(g)
  expect(linksBefore(g)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(peakBytes(g)).toBeLessThan(before / 3)
  // Still in topological order.
  const made = new Set<IrTensor>()
  for (const node of g.nodes) {
    for (const input of node.inputs) expect(input?.producer === null || made.has(input!)).toBe(true)
    for (const output of node.outputs) made.add(output)
  }
})

test('each of many results is computed as soon as it can be', () => {
  const g = collected(10)
  const collection = g.nodes.pop()!
  g.outputs = collection.inputs.map((part) => part!)
  const before = peakBytes(g)
  // Recorded in an order of their own, as updates are that follow all gradients.
  const updates = g.outputs.map((part) => g.node('Neg', [part], [1], 'float32'))
  g.outputs = updates
  scheduleParts(g)
  expect(linksBefore(g)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(peakBytes(g)).toBeLessThan(before / 3)
})

test('what is soon made of an input is made when it is needed', () => {
  const g = new Graph()
  let link = g.input([LENGTH], 'float32')
  for (let i = 0; i < 24; i++) {
    link = g.node('Exp', [link], [LENGTH], 'float32')
    const weight = g.node('Neg', [g.input([LENGTH], 'float32')], [LENGTH], 'float32')
    link = g.node('Mul', [link, weight], [LENGTH], 'float32')
  }
  g.outputs = [link]
  expect(peakBytes(g)).toBeGreaterThan(24 * 4 * LENGTH)
  scheduleParts(g)
  // But for those of the first few links, which are soon made themselves.
  expect(peakBytes(g)).toBeLessThan(6 * 4 * LENGTH)
})

test('a small concatenation, and a part that others use too, stay where they are', () => {
  const few = collected(4)
  const order = [...few.nodes]
  scheduleParts(few)
  expect(few.nodes).toEqual(order)
  const shared = collected(8)
  const part = shared.outputs[0]!.producer!.inputs[0]!
  shared.outputs.push(shared.node('Neg', [part], [1], 'float32'))
  const at = shared.nodes.indexOf(part.producer!)
  scheduleParts(shared)
  expect(shared.nodes.indexOf(part.producer!)).toBe(at)
})
