import { clone, pad, slice, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import type { Images } from '../../signal/images.ts'
import { centerOffset, type Sides } from '../area.ts'
import { checkImages, checkSide } from '../check.ts'
import { sidesOf } from './resize.ts'

/** A rectangle in pixels. */
export interface Box extends Sides {
  readonly top: number
  readonly left: number
}

/**
 * The rectangle [top, top + height) x [left, left + width) of images [N,H,W,3] -> [N,height,width,3]. What lies outside of the image
 * is 0: black in unit images, the mean colour in ImageNet's range.
 * @throws StableSigError 'bad-argument' for sides below 1; 'range' where the rectangle and the image have no pixel in common
 */
export function crop<I extends Images>(images: I, { top, left, height, width }: Box): I {
  checkImages(images, 'crop')
  checkSide(height, 'height of crop')
  checkSide(width, 'width of crop')
  const [n, h, w] = images.shape
  const rows = overlap(top, height, h)
  const columns = overlap(left, width, w)
  if (rows.length < 1 || columns.length < 1)
    throw new StableSigError(
      'range',
      `crop: the box of ${width}x${height} pixels at row ${top}, column ${left} lies outside of the image of ${w}x${h}`,
    )
  return tidy(() => {
    const inside = slice(images, [0, rows.from, columns.from, 0], [n, rows.length, columns.length, 3]) as Tensor4D
    if (rows.length === height && columns.length === width) return clone(inside)
    return pad<Tensor4D>(inside, [[0, 0], rows.padding, columns.padding, [0, 0]])
  }) as I
}

/** The part of a run of `length` from `start` on that lies in 0..size, and how much is missing before and after it. */
function overlap(start: number, length: number, size: number) {
  const from = Math.max(0, start)
  const end = Math.min(size, start + length)
  const padding: [number, number] = [from - start, start + length - end]
  return { from, length: end - from, padding }
}

/**
 * The centre of images, to the pixel as torchvision cuts it: offsets (H - height)/2 with a half rounded to even. Where a side is larger
 * than the image, zeros are put around it, floor((height - H)/2) of them before.
 */
export function centerCropTo<I extends Images>(images: I, { height, width }: Sides): I {
  checkImages(images, 'centerCropTo')
  const [, h, w] = images.shape
  const start = (outer: number, inner: number) =>
    inner > outer ? -Math.floor((inner - outer) / 2) : centerOffset(outer, inner)
  return crop(images, { top: start(h, height), left: start(w, width), height, width })
}

/**
 * The centre of images that keeps a share of their area: the sides of `areaSides`.
 * @param options.fraction above 0, at most 1
 * @throws StableSigError 'bad-argument' for another fraction, or one that leaves no pixel
 */
export function centerCrop<I extends Images>(images: I, { fraction }: { readonly fraction: number }): I {
  checkImages(images, 'centerCrop')
  if (fraction > 1)
    throw new StableSigError(
      'bad-argument',
      `centerCrop: fraction is ${fraction}, expected a share of the area up to 1`,
    )
  return centerCropTo(images, sidesOf(images, fraction, 'centerCrop'))
}
