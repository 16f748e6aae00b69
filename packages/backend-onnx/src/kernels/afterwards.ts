import { BARRIER } from '../lowering/graph.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Raw, sameShape, type Value } from '../lowering/value.ts'
import { type Kernel, kernel } from './call.ts'

/**
 * x, unchanged, as a tensor that exists no earlier than `after` and that nothing takes for x itself. What is computed from it is
 * computed a second time, at a time that the program chooses: training recomputes a block when its gradient is due instead of
 * keeping its intermediate tensors.
 *
 * Common-subexpression elimination, ours as well as ONNX Runtime's own, would make one computation of the two, and the
 * runtime's order of execution would start the second one too early. Both ask whether two expressions are equal; they cannot
 * know it of this one, which views x in a shape that is only known when the graph runs: the sizes of x plus a number that is
 * fed (0), chosen by whether an element of `after` is a number. The view copies nothing.
 */
export const afterwardsKernels: readonly Kernel[] = [
  kernel('Afterwards', (call) => {
    const x = call.input('x')
    const after = call.input('after')
    // One element with an axis is data by convention: it is fed, never compiled in.
    const zero = { dataId: call.backend.write(Int32Array.of(0), [1], 'int32'), shape: [1], dtype: 'int32' as const }
    try {
      return call.record('', [x, after, zero], x.shape, x.dtype, (g, [vx, vafter, vzero]) => ({
        ...vx!,
        raw: barrier(g, vx!.raw, vafter!, vzero!.raw),
      }))
    } finally {
      call.backend.disposeData(zero.dataId)
    }
  }),
]

function barrier(g: Lowering, x: Raw, after: Value, zero: Raw): Raw {
  const rank = x.dims.length
  if (rank === 0) return x
  const sizes = g.integers(x.dims)
  const fed = g.node('Add', [sizes, g.node('Cast', [zero], [1], 'int64', { to: 7 })], [rank], 'int64')
  const isNumber = g.node('IsNaN', [oneElement(g, after.raw)], [1], 'bool')
  const shape = g.node('Where', [isNumber, sizes, fed], [rank], 'int64')
  return g.node(BARRIER, [x, shape], x.dims, x.type)
}

/** The first element in memory, as [1]. */
function oneElement(g: Lowering, raw: Raw): Raw {
  const axes = raw.dims.map((_, axis) => axis)
  const ends = [axes.map(() => 0), axes.map(() => 1), axes].map((list) => g.integers(list))
  const ones = axes.map(() => 1)
  return g.reshapeRaw(sameShape(raw.dims, ones) ? raw : g.node('Slice', [raw, ...ends], ones, raw.type), [1])
}
