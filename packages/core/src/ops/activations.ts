import {
  add,
  div,
  erf,
  exp,
  mul,
  relu as rectify,
  sigmoid,
  square,
  step,
  sub,
  type Tensor,
  tanh,
  tidy,
} from '@tensorflow/tfjs-core'
import { customGradient } from './custom-gradient.ts'

/** max(x, 0), any shape. Its gradient dy·[y > 0] reads the output alone, so that what was added before it can be fused away. */
export function relu<T extends Tensor>(x: T): T {
  return customGradient([x], () => {
    const value = rectify(x)
    return { value, saved: [value] as [T], gradient: (dy: T, [y]) => [mul(dy, step(y))] }
  })
}

/**
 * x Φ(x) with Φ the normal distribution function: PyTorch's default GELU, 0.5 x (1 + erf(x/√2)), not its tanh approximation.
 * Derivative: Φ(x) + x φ(x) with φ the normal density; x φ(x) = s / exp(s²) / √π with s = x/√2, which the forward pass has.
 */
export function gelu<T extends Tensor>(x: T): T {
  return customGradient([x], () => {
    const s = mul<T>(x, Math.SQRT1_2)
    return {
      value: mul<T>(x, normalDistribution(s)),
      saved: [s] as [T],
      // exp(s²) may be infinite: the quotient is then the 0 that it ought to be.
      gradient: (dy: T, [s]) => {
        const density = mul(div(s, exp(square(s))), 1 / Math.sqrt(Math.PI))
        return [mul(dy, add(normalDistribution(s), density))]
      },
    }
  })
}

/** Φ(√2 s) = 0.5 (1 + erf(s)). */
const normalDistribution = (s: Tensor): Tensor => mul(add(erf(s), 1), 0.5)

/** x σ(x), any shape. Derivative: σ(x) (1 + x (1 - σ(x))). */
export function silu<T extends Tensor>(x: T): T {
  return customGradient([x], () => ({
    value: mul<T>(x, sigmoid(x)),
    saved: [x] as [T],
    gradient: (dy: T, [x]) => {
      const s = sigmoid(x)
      return [mul(dy, mul(s, add(mul(x, sub(1, s)), 1)))]
    },
  }))
}

/** bound·tanh(x / bound): x pressed smoothly into (-bound, bound). */
export function softClamp<T extends Tensor>(x: T, bound: number): T {
  return tidy(() => mul<T>(tanh(mul(x, 1 / bound)), bound))
}
