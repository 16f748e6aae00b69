import { add, mul, step, sub, type Tensor, tidy } from '@tensorflow/tfjs-core'

/**
 * f(x) where x is positive, else 0, for an f that has no finite derivative at 0: f is given 1 where x is not positive, so that no
 * infinity arises that a 0 would turn into NaN, and the gradient there is 0.
 */
export const ofPositive = <T extends Tensor>(x: T, f: (x: T) => T): T =>
  tidy(() => {
    const positive = step(x)
    return mul<T>(positive, f(add<T>(mul(x, positive), sub(1, positive))))
  })
