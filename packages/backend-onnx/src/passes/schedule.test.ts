import { expect, test } from 'vitest'
import { Graph } from '../lowering/graph.ts'
import type { Raw } from '../lowering/value.ts'
import { executionOrder, peakBytes } from '../peak.ts'
import { scheduleParts } from './schedule.ts'

const LENGTH = 1000

/** A chain whose every link is also summed up: the sums are collected at the end, as the gradients of all weights are. */
function collected(count: number): Graph {
  const g = new Graph()
  const parts: Raw[] = []
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
  const made = new Set<Raw>()
  for (const node of g.nodes) {
    for (const input of node.inputs) expect(input?.producer === null || made.has(input!)).toBe(true)
    for (const output of node.outputs) made.add(output)
  }
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
