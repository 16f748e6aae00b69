import { add, clipByValue, div, mul, round, sub, type Tensor4D, tidy } from '@tensorflow/tfjs-core'

/*
 * TAESD's way to keep latents as pictures of 8 bits: they lie in about [-3, 3].
 */

const MAGNITUDE = 3

/** latents -> [0, 1], what is beyond ±3 cut off: clamp(z/6 + 1/2). Any shape, as the others. */
export const latentsToUnit = (latents: Tensor4D): Tensor4D =>
  tidy(() => clipByValue(add(div(latents, 2 * MAGNITUDE), 0.5), 0, 1))

/** latents -> whole numbers 0..255 (float32), halves rounded to even. */
export const latentsToBytes = (latents: Tensor4D): Tensor4D => tidy(() => round(mul(latentsToUnit(latents), 255)))

/** Whole numbers 0..255 -> latents in [-3, 3]. */
export const bytesToLatents = (bytes: Tensor4D): Tensor4D => tidy(() => mul(sub(div(bytes, 255), 0.5), 2 * MAGNITUDE))
