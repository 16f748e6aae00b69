import { add, div, mul, reshape, sub, type Tensor4D, tensor1d, tidy, transpose } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'

/** From an autoencoder's latents to those that a generator works on, and back. All take and give [N,h,w,C] or its packed form. */
export interface LatentScaling {
  /** 'affine': (z - shift)·scale; 'batch-norm': FLUX.2's; 'unknown': nothing in the file or beside it says it. */
  readonly kind: 'affine' | 'batch-norm' | 'unknown'
  /** Of 'affine'; else 1 and 0. */
  readonly scale: number
  readonly shift: number
  /** latents [N,h,w,C] -> the generator's: the same shape, or [N,h/2,w/2,4C] of 'batch-norm'. */
  toGenerator(latents: Tensor4D): Tensor4D
  /** The way back. */
  fromGenerator(latents: Tensor4D): Tensor4D
}

/** (z - shift)·scale, as every generator but FLUX.2 has it. */
export function affineScaling(scale: number, shift = 0): LatentScaling {
  if (!Number.isFinite(scale) || scale === 0 || !Number.isFinite(shift))
    throw new StableSigError('bad-argument', `latents scaled by ${scale} after ${shift}: a scale is finite and not 0`)
  return {
    kind: 'affine',
    scale,
    shift,
    toGenerator: (latents) => tidy(() => mul(sub(latents, shift), scale)),
    fromGenerator: (latents) => tidy(() => add(mul(latents, 1 / scale), shift)),
  }
}

/** By channel: (z - mean)·scale / std, where a config gives latents_mean and latents_std. */
export function channelScaling(mean: readonly number[], std: readonly number[], scale = 1): LatentScaling {
  if (mean.length !== std.length || ![...mean, ...std, scale].every(Number.isFinite) || std.includes(0) || scale === 0)
    throw new StableSigError(
      'bad-argument',
      `${mean.length} means and ${std.length} deviations of latents: as many of both, finite, no deviation 0`,
    )
  return {
    kind: 'affine',
    scale,
    shift: 0,
    toGenerator: (latents) =>
      tidy(() => mul(sub(fitting(latents, mean.length), tensor1d([...mean])), tensor1d(std.map((s) => scale / s)))),
    fromGenerator: (latents) =>
      tidy(() => add(mul(fitting(latents, mean.length), tensor1d(std.map((s) => s / scale))), tensor1d([...mean]))),
  }
}

/**
 * FLUX.2's: 2x2 positions become channels (4c + 2i + j for row i and column j of the square), each of which is brought to mean 0
 * and variance 1 by statistics kept in the file: (x - mean) / sqrt(variance + epsilon).
 * @param mean [4C]
 * @param variance [4C]
 */
export function batchNormScaling(
  mean: ArrayLike<number>,
  variance: ArrayLike<number>,
  epsilon = FLUX2_EPSILON,
): LatentScaling {
  const deviation = Array.from(variance, (v) => Math.sqrt(v + epsilon))
  if (mean.length !== deviation.length || mean.length % 4 || !deviation.every((d) => d > 0 && Number.isFinite(d)))
    throw new StableSigError(
      'bad-weights',
      `statistics of latents: ${mean.length} means, ${deviation.length} variances; expected four a channel, none negative`,
    )
  const channels = mean.length
  return {
    kind: 'batch-norm',
    scale: 1,
    shift: 0,
    toGenerator: (latents) =>
      tidy(() => {
        const packed = unshuffle2(fitting(latents, channels / 4))
        return div(sub(packed, tensor1d(Float32Array.from(mean))), tensor1d(deviation))
      }),
    fromGenerator: (latents) =>
      tidy(() => {
        const packed = fitting(latents, channels)
        return shuffle2(add(mul(packed, tensor1d(deviation)), tensor1d(Float32Array.from(mean))))
      }),
  }
}

/** Epsilon of FLUX.2's batch norm. */
export const FLUX2_EPSILON = 1e-4

/** Where only a config could tell: both ways throw, with the reason. */
export function unknownScaling(why: string): LatentScaling {
  const refuse = (): never => {
    throw new StableSigError('unsupported', `the scale of latents is not known: ${why}`)
  }
  return { kind: 'unknown', scale: 1, shift: 0, toGenerator: refuse, fromGenerator: refuse }
}

/** Squares of 2x2 positions to channels: x [N,H,W,C] -> [N,H/2,W/2,4C], channel 4c + 2i + j. */
export function unshuffle2(x: Tensor4D): Tensor4D {
  const [n, h, w, c] = x.shape
  if (h % 2 || w % 2)
    throw new StableSigError('shape', `latents of ${h}x${w} cannot be packed two by two: both sides must be even`)
  return tidy(() =>
    reshape(transpose(reshape(x, [n, h / 2, 2, w / 2, 2, c]), [0, 1, 3, 5, 2, 4]), [n, h / 2, w / 2, 4 * c]),
  )
}

/** The way back: x [N,H,W,4C] -> [N,2H,2W,C]. */
export function shuffle2(x: Tensor4D): Tensor4D {
  const [n, h, w, c] = x.shape
  return tidy(() =>
    reshape(transpose(reshape(x, [n, h, w, c / 4, 2, 2]), [0, 1, 4, 2, 5, 3]), [n, 2 * h, 2 * w, c / 4]),
  )
}

function fitting(latents: Tensor4D, channels: number): Tensor4D {
  if (latents.shape[3] === channels) return latents
  throw new StableSigError('shape', `latents have shape [${latents.shape}], expected ${channels} channels`)
}
