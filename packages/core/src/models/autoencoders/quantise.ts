import {
  argMin,
  concat,
  gather,
  matMul,
  mul,
  reshape,
  slice,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import { customGradient } from '../../ops/custom-gradient.ts'

/** Bytes of distances that are alive at a time. */
const DISTANCE_BYTES = 64 * 2 ** 20

/** The codes that latents became. */
export interface Quantised {
  /** [N,h,w], int32: places in the codebook. */
  readonly indices: Tensor3D
  /** [N,h,w,C]: the codes themselves. */
  readonly quantised: Tensor4D
}

/**
 * The nearest code of each position by Euclidean distance, the first of several that are equally near.
 * |h - c|² is compared without |h|², which all codes of a position share: |c|² - 2·h·c.
 * @param latents [N,h,w,C]
 * @param codebook [K,C]
 * @throws StableSigError 'shape' where latents and codes have different channels
 */
export function quantise(latents: Tensor4D, codebook: Tensor2D, distanceBytes: number = DISTANCE_BYTES): Quantised {
  const [n, h, w, c] = latents.shape
  const [count, width] = codebook.shape
  if (c !== width)
    throw new StableSigError(
      'shape',
      `latents have shape [${latents.shape}], codes [${codebook.shape}]: channels differ`,
    )
  return tidy(() => {
    const positions = n * h * w
    const flat: Tensor2D = reshape(latents, [positions, c])
    const lengths = sum(square(codebook), 1)
    const nearest = (some: Tensor2D): Tensor1D =>
      tidy(() => argMin(sub(lengths, mul(matMul(some, codebook, false, true), 2)), 1))
    const run = Math.max(1, Math.floor(distanceBytes / (4 * count)))
    const runs: Tensor1D[] = []
    for (let from = 0; from < positions; from += run)
      runs.push(nearest(slice(flat, [from, 0], [Math.min(run, positions - from), c])))
    const places = concat(runs)
    const indices: Tensor3D = reshape(places, [n, h, w])
    const quantised: Tensor4D = reshape(gather(codebook, places), [n, h, w, c])
    return { indices, quantised }
  })
}

/**
 * latents [N,h,w,C] -> their nearest codes [N,h,w,C], with the gradient of the identity ("straight through"): a step from one
 * code to the next has none of its own. The codebook gets no gradient.
 */
export function quantiseStraightThrough(latents: Tensor4D, codebook: Tensor2D): Tensor4D {
  return customGradient([latents], () => ({
    value: quantise(latents, codebook).quantised,
    saved: [],
    gradient: (dy: Tensor4D) => [dy],
  }))
}
