import { AFTERWARDS } from '../backend/hints.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Kernel, kernel } from './call.ts'

/**
 * x, unchanged, as a tensor that exists no earlier than `after` and that nothing takes for x itself. What is computed from it is
 * computed a second time, at a time that the program chooses: training recomputes a block when its gradient is due instead of
 * keeping its intermediate tensors.
 *
 * Common-subexpression elimination, ours as well as ONNX Runtime's own, would make one computation of the two, and the
 * runtime's order of execution would start the second one too early. Both ask what is equal, and neither can know it of a
 * product with a number that is only known when the graph runs: 1 that is fed, chosen by whether an element of `after` is a
 * number. Views of other shapes will not do: ONNX Runtime merges them by the sizes that it infers. The product is written
 * over x, which is not needed any more by then.
 */
export const afterwardsKernels: readonly Kernel[] = [
  kernel(AFTERWARDS, (call) => {
    const x = call.input('x')
    const after = call.input('after')
    const one = call.backend.filled([], 'float32', 1)
    call.backend.hints.keepAsInput(one.dataId)
    try {
      return call.record('', [x, after, one], x.shape, x.dtype, (g, [vx, vafter, vone]) => {
        const due = g.node('IsNaN', [oneElement(g, vafter!.raw)], [], 'bool')
        const factor = g.node('Where', [due, g.float(1), vone!.raw], [])
        return { ...vx!, raw: g.node('Mul', [vx!.raw, factor], vx!.raw.dims, vx!.raw.type) }
      })
    } finally {
      call.backend.disposeData(one.dataId)
    }
  }),
]

/** The first element in memory, without axes. */
function oneElement(g: Lowering, raw: IrTensor): IrTensor {
  const axes = raw.dims.map((_, axis) => axis)
  const ones = axes.map(() => 1)
  const ends = [axes.map(() => 0), ones, axes].map((list) => g.integers(list))
  return g.reshapeRaw(axes.length > 0 ? g.node('Slice', [raw, ...ends], ones, raw.type) : raw, [])
}
