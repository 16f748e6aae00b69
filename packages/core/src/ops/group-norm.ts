import {
  add,
  mean,
  mul,
  reshape,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor4D,
  type Tensor5D,
  tidy,
} from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { customGradient } from './custom-gradient.ts'
import type { NormContext } from './norm-statistics.ts'

/**
 * Group normalisation: x [N,H,W,C] -> [N,H,W,C]. Channels are split into `groups` runs of neighbours, each run brought to mean 0
 * and variance 1 over itself and all positions (biased variance plus epsilon), then scaled by gamma [C] and shifted by beta [C].
 *
 * With h the normalised values and g = dy·gamma, both by group:  dx = (g - mean(g) - h·mean(g·h)) / std.
 * Only the channel axis is ever split and H and W never merge, so that a compiler can keep the tensor in another layout.
 * @param context gives statistics that take the place of x's own
 * @throws StableSigError 'shape' where C is not a multiple of `groups`
 */
export function groupNorm(
  x: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  groups: number,
  epsilon: number,
  context?: NormContext,
): Tensor4D {
  const [n, h, w, c] = x.shape
  if (c % groups) throw new StableSigError('shape', `${c} channels cannot be split into ${groups} groups of equal size`)
  const over = [1, 2, 4]
  const split = (t: Tensor4D): Tensor5D => reshape(t, [n, h, w, groups, c / groups])
  const merge = (t: Tensor5D): Tensor4D => reshape(t, [n, h, w, c])
  const given = context?.statisticsFor(split(x))
  if (given)
    return tidy(() => {
      const normal = mul<Tensor5D>(sub(split(x), given.mean), rsqrt(add(given.variance, epsilon)))
      return add<Tensor4D>(mul(merge(normal), gamma), beta)
    })
  return customGradient([x, gamma, beta], () => {
    const centred = sub<Tensor5D>(split(x), mean(split(x), over, true))
    const inverse = rsqrt(add<Tensor5D>(mean(square(centred), over, true), epsilon))
    const normal = mul<Tensor5D>(centred, inverse)
    return {
      value: add<Tensor4D>(mul(merge(normal), gamma), beta),
      saved: [normal, inverse, gamma] as [Tensor5D, Tensor5D, Tensor1D],
      gradient: (dy: Tensor4D, [normal, inverse, gamma]) => {
        const g = split(mul(dy, gamma))
        const along = mul<Tensor5D>(normal, mean(mul<Tensor5D>(g, normal), over, true))
        const dx = mul<Tensor5D>(inverse, sub(sub(g, mean(g, over, true)), along))
        return [merge(dx), sum(mul<Tensor4D>(dy, merge(normal)), [0, 1, 2]), sum(dy, [0, 1, 2])]
      },
    }
  })
}
