import { backend_util } from '@tensorflow/tfjs-core'
import { Graph } from '../ir/graph.ts'
import { sameShape, sizeOf } from '../ir/shape.ts'
import type { IrNode } from '../ir/tensor.ts'
import { ELEMENTWISE } from '../passes/elementwise.ts'

/**
 * From now on every node is checked as it is made: whether its result has the shape that its inputs give it. A runtime infers shapes
 * itself and never sees a wrong one; passes believe what the graph says.
 */
export function checkShapes(): void {
  const { nodes_: make } = Graph.prototype
  Graph.prototype.nodes_ = function (this: Graph, ...args) {
    const made = make.apply(this, args)
    const node = made[0]!.producer!
    const expected = shapeOf(node)
    if (expected && !sameShape(expected, made[0]!.dims))
      throw new RangeError(
        `${node.op} of ${node.inputs.map((raw) => `[${raw?.dims}]`)} has the shape [${expected}], not [${made[0]!.dims}]`,
      )
    return made
  }
}

/** What a node's result must look like, where its operator and inputs say so. */
function shapeOf({ op, inputs, outputs, attributes }: IrNode): readonly number[] | null {
  const shapes = inputs.map((raw) => [...(raw?.dims ?? [])])
  const [x = []] = shapes
  if (ELEMENTWISE.has(op)) return shapes.reduce((a, b) => backend_util.assertAndGetBroadcastShape(a, b))
  if (op === 'Transpose' && Array.isArray(attributes.perm)) return attributes.perm.map((axis: number) => x[axis]!)
  if (op === 'Reshape' || op === 'Expand') {
    const wanted = Array.from(inputs[1]?.values ?? [], Number)
    return op === 'Expand' || sizeOf(wanted) === sizeOf(x) ? wanted : outputs[0]!.dims.concat(-1)
  }
  if (op.startsWith('Reduce') && inputs[1]?.values) {
    const axes = Array.from(inputs[1].values, Number)
    const kept = attributes.keepdims !== 0
    return x.flatMap((d, axis) => (axes.includes(axis) ? (kept ? [1] : []) : [d]))
  }
  if (op === 'Concat' && typeof attributes.axis === 'number') {
    const { axis } = attributes
    return x.map((d, i) => (i === axis ? shapes.reduce((sum, shape) => sum + shape[i]!, 0) : d))
  }
  if (op === 'Gather' && typeof attributes.axis === 'number') {
    const { axis } = attributes
    return [...x.slice(0, axis), ...shapes[1]!, ...x.slice(axis + 1)]
  }
  return null
}
