import { tensor3d, tidy } from '@tensorflow/tfjs-core'
import { checkOneOf } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import type { Images } from '../../signal/images.ts'
import { areaSides, type Sides } from '../area.ts'
import { checkImages, checkSide } from '../check.ts'
import { type Interpolation, resizeTaps, type Taps, tapsMatrix } from './axis-taps.ts'
import { resampleAxes } from './resample-axes.ts'

export interface InterpolationOptions {
  /** Default 'bilinear'. */
  readonly mode?: Interpolation
  /** Whether a low-pass filter goes before a reduction. Default true. */
  readonly antialias?: boolean
}

/**
 * Images [N,H,W,3] -> [N,height,width,3], as PyTorch resizes them (see `resizeTaps`). A bicubic result may overshoot the range of
 * the images; nothing is clamped. Linear, so the gradient is the transposed map.
 * @throws StableSigError 'bad-argument' for sides that are not whole numbers from 1
 */
export function resize<I extends Images>(images: I, options: Sides & InterpolationOptions): I {
  const { height, width, mode = 'bilinear', antialias = true } = options
  checkImages(images, 'resize')
  checkSide(height, 'height of resize')
  checkSide(width, 'width of resize')
  checkOneOf(mode, 'mode of resize', ['bilinear', 'bicubic'])
  const [, h, w] = images.shape
  const matrix = (taps: readonly Taps[], inputs: number) => tensor3d(tapsMatrix(taps, inputs), [1, taps.length, inputs])
  return tidy(() =>
    resampleAxes(
      images,
      matrix(resizeTaps(h, height, mode, antialias), h),
      matrix(resizeTaps(w, width, mode, antialias), w),
    ),
  ) as I
}

/**
 * Images resized to a share of their area: to the sides of `areaSides`.
 * @param options.fraction above 0; above 1 enlarges
 * @throws StableSigError 'bad-argument' for a fraction that leaves no pixel
 */
export function resizeArea<I extends Images>(
  images: I,
  { fraction, ...options }: { readonly fraction: number } & InterpolationOptions,
): I {
  checkImages(images, 'resizeArea')
  return resize(images, { ...sidesOf(images, fraction, 'resizeArea'), ...options })
}

/** The sides of a share of an image's area. @throws StableSigError 'bad-argument' where they are below a pixel */
export function sidesOf({ shape: [, height, width] }: Images, fraction: number, transform: string): Sides {
  const sides = fraction > 0 ? areaSides({ height, width }, fraction) : { height: 0, width: 0 }
  if (sides.height >= 1 && sides.width >= 1) return sides
  throw new StableSigError(
    'bad-argument',
    `${transform}: fraction ${fraction} of ${width}x${height} pixels leaves ${sides.width}x${sides.height}: ask for a larger share`,
  )
}
