import { add, conv2d, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { silu } from '../../ops/activations.ts'
import { attention } from '../../ops/attention.ts'
import type { NormContext } from '../../ops/norm-statistics.ts'
import { nearestUp2 } from '../../ops/resize.ts'
import { conv, norm } from '../layers.ts'
import type { WeightScope } from '../weights.ts'

/** Epsilon of every group norm of the KL and VQ families; PyTorch's default would be 1e-5. */
const EPSILON = 1e-6

/** SiLU of a group norm: [N,H,W,C] -> [N,H,W,C]. */
export function normSilu(w: WeightScope, x: Tensor4D, groups: number, context?: NormContext): Tensor4D {
  return silu(norm(w, x, groups, EPSILON, context))
}

/** Residual block: x [N,H,W,I] -> [N,H,W,O]. The skip is a 1x1 convolution only where I differs from O. */
export function resnetBlock(w: WeightScope, x: Tensor4D, groups: number, context?: NormContext): Tensor4D {
  return tidy(() => {
    const h = conv(w.at('conv1'), normSilu(w.at('norm1'), x, groups, context))
    const y = conv(w.at('conv2'), normSilu(w.at('norm2'), h, groups, context))
    return add(w.has('nin_shortcut') ? conv(w.at('nin_shortcut'), x) : x, y)
  })
}

/**
 * Attention of every position to every other with one head, around which x passes: [N,H,W,C] -> [N,H,W,C]. It sees the whole image,
 * so that its norm's statistics are those of the whole.
 * @param scoreBytes how much of the scores is alive at a time; see `attention`
 */
export function attentionBlock(w: WeightScope, x: Tensor4D, groups: number, scoreBytes?: number): Tensor4D {
  return tidy(() => {
    const h = norm(w.at('norm'), x, groups, EPSILON)
    const attended = attention(conv(w.at('q'), h), conv(w.at('k'), h), conv(w.at('v'), h), scoreBytes)
    return add(x, conv(w.at('proj_out'), attended))
  })
}

/** Each pixel doubled, then a convolution: x [N,H,W,C] -> [N,2H,2W,C]. */
export function upsample(w: WeightScope, x: Tensor4D): Tensor4D {
  return tidy(() => conv(w.at('conv'), nearestUp2(x)))
}

/**
 * A convolution of stride 2 over x with one row of zeros below and one column on the right: [N,H,W,C] -> [N,H/2,W/2,C], halves
 * rounded down. tfjs's 'same' agrees for even sides alone.
 */
export function downsample(w: WeightScope, x: Tensor4D): Tensor4D {
  const into = w.at('conv')
  const pad: [[number, number], [number, number], [number, number], [number, number]] = [
    [0, 0],
    [0, 1],
    [0, 1],
    [0, 0],
  ]
  return tidy(() => add<Tensor4D>(conv2d(x, into.tensor<Tensor4D>('weight'), 2, pad), into.tensor('bias')))
}
