import { backend_util } from '@tensorflow/tfjs-core'
import { identity } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Activation, activate, asActivation } from './activations.ts'
import { type Kernel, kernel } from './call.ts'

/** A matrix operand as it lies: batch axes first, the two matrix axes last in either order. */
interface Operand {
  readonly raw: IrTensor
  /** The two last axes stand in exchanged order. */
  readonly transposed: boolean
}

/** Brings a value into a form that a matrix product takes without moving it where its last two axes already are last. */
function operand(g: Lowering, value: Value, transpose: boolean): Operand {
  const rank = value.shape.length
  const v = g.full(value)
  const batch = identity(rank - 2)
  if (v.raw.dims.length === rank && batch.every((axis, p) => v.perm[p] === axis)) {
    return { raw: v.raw, transposed: (v.perm[rank - 1] === rank - 2) !== transpose }
  }
  return { raw: g.logical(v), transposed: transpose }
}

/** Product of matrices [.., M, K] and [.., K, N] with broadcast batch axes, in logical order. */
export function matMul(
  g: Lowering,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  shape: readonly number[],
): Value {
  const x = operand(g, a, transposeA)
  const y = operand(g, b, transposeB)
  const { type } = x.raw
  if (!x.transposed && !y.transposed) return g.value(g.node('MatMul', [x.raw, y.raw], shape, type), shape)
  // The fused form multiplies no integers.
  if (g.target.microsoft && type === 'float32') {
    const flags = { transA: x.transposed ? 1 : 0, transB: y.transposed ? 1 : 0 }
    return g.value(g.node('FusedMatMul', [x.raw, y.raw], shape, 'float32', flags, 'com.microsoft'), shape)
  }
  return g.value(g.node('MatMul', [plain(g, x), plain(g, y)], shape, type), shape)
}

function plain(g: Lowering, { raw, transposed }: Operand): IrTensor {
  if (!transposed) return raw
  const order = [...raw.dims.keys()]
  const last = order.length - 1
  order[last] = last - 1
  order[last - 1] = last
  return g.transposeRaw(raw, order)
}

export const matMulKernels: readonly Kernel[] = ['BatchMatMul', '_FusedMatMul'].map((name) =>
  kernel(name, (call) => {
    const a = call.input('a')
    const b = call.input('b')
    const transposeA = call.flag('transposeA')
    const transposeB = call.flag('transposeB')
    const bias = call.optional('bias')
    const slope = call.optional('preluActivationWeights')
    const activation: Activation = asActivation(call)
    const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    const shape = [...batch, a.shape.at(transposeA ? -1 : -2)!, b.shape.at(transposeB ? -2 : -1)!]
    const extra = [bias, slope].filter((t) => t !== null)
    const key = `${transposeA};${transposeB};${activation.key};${bias !== null};${slope !== null}`
    return call.record(key, [a, b, ...extra], shape, a.dtype, (g, [x, y, ...rest]) => {
      const product = matMul(g, x!, y!, transposeA, transposeB, shape)
      const biased = bias
        ? g.elementwise([product, rest[0]!], shape, (raws, dims) => g.node('Add', raws, dims))
        : product
      return activate(g, biased, activation, slope ? rest.at(-1)! : null)
    })
  }),
)
