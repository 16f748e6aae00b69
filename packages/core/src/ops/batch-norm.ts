import { add, mean, mul, rsqrt, square, sub, type Tensor1D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { customGradient } from './custom-gradient.ts'

/** Images and positions, over which a channel's statistics are taken. */
const OVER = [0, 1, 2]

/** A normalised batch and the statistics it was normalised by; an alias, since tf.tidy passes plain records only. */
export type BatchNormalised = { y: Tensor4D; mean: Tensor1D; variance: Tensor1D }

/**
 * Batch normalisation as in training: each channel of x [N,H,W,C] brought to mean 0 and variance 1 over images and positions
 * (biased variance plus epsilon), then scaled by gamma [C] and shifted by beta [C].
 *
 * With c = x - mean(x), i = 1/√(variance + epsilon), s = mean(dy) and q = i·mean(dy·c), over M values of a channel:
 *   dx = gamma·i·(dy - s - c·i·q),  dgamma = M·q,  dbeta = M·s
 * so that c is all that is kept. The statistics returned are looked at and pass no gradient.
 */
export function batchNorm(x: Tensor4D, gamma: Tensor1D, beta: Tensor1D, epsilon: number): BatchNormalised {
  return tidy(() => {
    const centre = mean<Tensor1D>(x, OVER)
    const variance = mean<Tensor1D>(square(sub(x, centre)), OVER)
    const count = x.size / x.shape[3]
    const y = customGradient([x, gamma, beta], () => {
      const inverse = rsqrt(add(variance, epsilon))
      const centred = sub<Tensor4D>(x, centre)
      return {
        value: add<Tensor4D>(mul(centred, mul(inverse, gamma)), beta),
        saved: [centred, inverse, gamma] as [Tensor4D, Tensor1D, Tensor1D],
        gradient: (dy: Tensor4D, [c, i, gamma]) => {
          const s = mean<Tensor1D>(dy, OVER)
          const q = mul<Tensor1D>(i, mean(mul(dy, c), OVER))
          const k = mul<Tensor1D>(gamma, i)
          const dx = sub<Tensor4D>(sub(mul(dy, k), mul(k, s)), mul(c, mul(mul(k, i), q)))
          return [dx, mul(q, count), mul(s, count)]
        },
      }
    })
    return { y, mean: centre, variance }
  })
}
