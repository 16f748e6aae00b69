import { add, conv2d, mul, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { groupNorm } from '../ops/group-norm.ts'
import type { NormContext } from '../ops/norm-statistics.ts'
import type { WeightScope } from './weights.ts'

/**
 * Convolution as PyTorch pads it: x [N,H,W,I], weight [k,k,I,O], bias [O] where there is one -> [N,ceil(H/s),ceil(W/s),O].
 * k is odd and (k-1)/2 zeros stand on every side. tfjs's 'same' agrees at stride 1 only: at stride 2 it pads even sides on
 * the right alone.
 *
 * Where the scope also holds `scale` and perhaps `shift`, [N,1,1,O] or [1,1,1,O], the result is scale·y + shift: what a minter makes
 * of a key (minting/). No file has such tensors; folded into weight and bias they are an ordinary convolution.
 */
export function conv(w: WeightScope, x: Tensor4D, stride: 1 | 2 = 1): Tensor4D {
  const weight = w.tensor<Tensor4D>('weight')
  const pad = (weight.shape[0] - 1) / 2
  return tidy(() => {
    const y = conv2d(x, weight, stride, stride === 1 ? 'same' : pad)
    return modulated(w, w.has('bias') ? add<Tensor4D>(y, w.tensor('bias')) : y)
  })
}

function modulated(w: WeightScope, y: Tensor4D): Tensor4D {
  const [scale, shift] = [w.optional<Tensor4D>('scale'), w.optional<Tensor4D>('shift')]
  const scaled = scale ? mul<Tensor4D>(y, scale) : y
  return shift ? add<Tensor4D>(scaled, shift) : scaled
}

/** Group normalisation with the scope's weight (scale) and bias (shift): [N,H,W,C] -> [N,H,W,C]. */
export function norm(w: WeightScope, x: Tensor4D, groups: number, epsilon: number, context?: NormContext): Tensor4D {
  return groupNorm(x, w.tensor<Tensor1D>('weight'), w.tensor<Tensor1D>('bias'), groups, epsilon, context)
}
