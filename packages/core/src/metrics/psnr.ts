import { StableSigError } from '../errors.ts'

/** Unit values as 8-bit pictures keep them: clamped to [0, 1], times 255, rounded half up. */
export function toBytes(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(values, (value) => Math.floor(Math.min(1, Math.max(0, value)) * 255 + 0.5))
}

/**
 * Peak signal-to-noise ratio of two 8-bit images in dB: 10 log10(255² / mean squared difference); Infinity for equal ones.
 * @throws StableSigError 'shape' when the lengths differ
 */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length || a.length === 0)
    throw new StableSigError(
      'shape',
      `psnr of images of ${a.length} and ${b.length} values: they must be as many, and some`,
    )
  let squares = 0
  for (let i = 0; i < a.length; i++) squares += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2
  return 10 * Math.log10(255 ** 2 / (squares / a.length))
}
