import type { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Target } from '../lowering/lowering.ts'
import { removeDeadCode } from '../passes/dead-code.ts'

/** A runtime with everything, for passes on their own. */
export const target: Target = { provider: 'cpu', microsoft: true, block: 16, layout: true, winograd: true }

/** Dimensions of images that fill blocks of channels. */
export const image = [2, 32, 5, 7]

/** Operators of a graph after a pass and removal of what is dead, in order. */
export function operators(graph: Graph, pass: (graph: Graph, target: Target) => void): string[] {
  pass(graph, target)
  removeDeadCode(graph)
  return graph.nodes.map((node) => node.op)
}

/** A convolution of 3x3 that keeps the size of its images. */
export function conv(g: Graph, x: IrTensor, filter: IrTensor, out: readonly number[]): IrTensor {
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], dilations: [1, 1] }
  return g.node('Conv', [x, filter], out, 'float32', attributes)
}
