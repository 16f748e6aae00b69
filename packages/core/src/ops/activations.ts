import {
  add,
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
import { derive } from './derive.ts'

/** max(x, 0), any shape. Its gradient dy·[y > 0] reads the output alone, so that what was added before it can be fused away. */
export function relu<T extends Tensor>(x: T): T {
  return derive([x], () => {
    const value = rectify(x)
    return { value, saved: [value] as [T], gradient: (dy: T, [y]) => [mul(dy, step(y))] }
  })
}

/**
 * x Φ(x) with Φ the normal distribution function: PyTorch's default GELU, 0.5 x (1 + erf(x/√2)), not its tanh approximation.
 * Derivative: Φ(x) + x φ(x) with φ the normal density.
 */
export function gelu<T extends Tensor>(x: T): T {
  return derive([x], () => ({
    value: mul<T>(x, normalDistribution(x)),
    saved: [x] as [T],
    gradient: (dy: T, [x]) => {
      const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
      return [mul(dy, add(normalDistribution(x), mul(x, density)))]
    },
  }))
}

/** Φ(x) = 0.5 (1 + erf(x/√2)). */
const normalDistribution = (x: Tensor): Tensor => mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5)

/** x σ(x), any shape. Derivative: σ(x) (1 + x (1 - σ(x))). */
export function silu<T extends Tensor>(x: T): T {
  return derive([x], () => ({
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
