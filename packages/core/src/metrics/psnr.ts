import { badArgument } from '../arguments.ts'
import { StableSigError } from '../errors.ts'

/**
 * Peak signal-to-noise ratio of two 8-bit images in dB: 10 log10(255² / mean squared difference); Infinity for equal ones.
 * Of tensors: `psnrOfImages`.
 * @throws StableSigError 'shape' when the lengths differ, 'bad-argument'
 */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  for (const [name, image] of Object.entries({ a, b }))
    if (!(image instanceof Uint8Array)) throw badArgument(name, 'an 8-bit image (of tensors psnrOfImages)', image)
  if (a.length !== b.length || a.length === 0)
    throw new StableSigError(
      'shape',
      `psnr of images of ${a.length} and ${b.length} values: they must be as many, and some`,
    )
  let squares = 0
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2
  return 10 * Math.log10(255 ** 2 / (squares / a.length))
}
