import { checkNumber } from '../../arguments.ts'
import type { Images } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { type WarpMode, warp } from './warp.ts'

/**
 * Images [N,H,W,3] turned counter-clockwise about their centre, at their own size; what comes from outside is 0. With x and y
 * measured from the centre, y downwards, an output pixel reads column x·cos - y·sin and row x·sin + y·cos of the angle.
 * @param options.angle degrees
 * @param options.mode default 'bilinear'; torchvision's default is 'nearest'
 */
export function rotate<I extends Images>(
  images: I,
  { angle, mode = 'bilinear' }: { readonly angle: number; readonly mode?: WarpMode },
): I {
  checkImages(images, 'rotate')
  checkNumber(angle, 'angle of rotate', 'a finite number of degrees', Number.isFinite)
  const [, h, w] = images.shape
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  const source = (row: number, column: number) => {
    const [x, y] = [column + 0.5 - w / 2, row + 0.5 - h / 2]
    return [x * sin + y * cos + h / 2 - 0.5, x * cos - y * sin + w / 2 - 0.5] as const
  }
  return warp(images, source, mode)
}
