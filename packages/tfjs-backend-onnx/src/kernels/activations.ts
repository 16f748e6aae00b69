import type { Value } from '../ir/value.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { numberKey } from '../lowering/node-key.ts'
import type { Call } from './call.ts'

/** What a fused kernel applies to its result. */
export interface Activation {
  readonly kind: 'linear' | 'relu' | 'relu6' | 'elu' | 'sigmoid' | 'prelu' | 'leakyrelu'
  readonly alpha: number
  readonly key: string
}

/** Reads a fused kernel's activation; unknown names are refused. */
export function asActivation(call: Call): Activation {
  const kind = call.text('activation', 'linear')
  const alpha = call.number('leakyreluAlpha', 0.2)
  switch (kind) {
    case 'linear':
    case 'relu':
    case 'relu6':
    case 'elu':
    case 'sigmoid':
    case 'prelu':
    case 'leakyrelu':
      return { kind, alpha, key: `${kind}${numberKey(alpha)}` }
    default:
      throw call.unsupported(`activation "${kind}"`, 'apply it as an operation of its own')
  }
}

export function activate(g: Lowering, x: Value, activation: Activation, slope: Value | null): Value {
  if (activation.kind === 'linear') return x
  const inputs = activation.kind === 'prelu' && slope ? [x, slope] : [x]
  return g.elementwise(inputs, x.shape, ([raw, alpha], dims) => {
    switch (activation.kind) {
      case 'relu':
        return g.node('Relu', [raw!], dims)
      case 'relu6':
        return g.node('Clip', [raw!, g.float(0), g.float(6)], dims)
      case 'elu':
        return g.node('Elu', [raw!], dims, 'float32', { alpha: { float: 1 } })
      case 'sigmoid':
        return g.node('Sigmoid', [raw!], dims)
      case 'leakyrelu':
        return g.node('LeakyRelu', [raw!], dims, 'float32', { alpha: { float: activation.alpha } })
      default:
        return g.node(
          'Where',
          [g.node('Less', [raw!, g.float(0)], dims, 'bool'), g.node('Mul', [raw!, alpha!], dims), raw!],
          dims,
        )
    }
  })
}
