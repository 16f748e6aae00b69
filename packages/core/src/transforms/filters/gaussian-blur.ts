import { tidy } from '@tensorflow/tfjs-core'
import { checkNumber } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { gaussianRow, windowMean } from '../../ops/window-mean.ts'
import type { Images } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { extendImages } from './extend.ts'

/** One number for both axes, or one along x (a row) and one along y. */
export type PerAxis = number | readonly [x: number, y: number]

export interface GaussianBlurOptions {
  /** Standard deviation in pixels, above 0. */
  readonly sigma: PerAxis
  /** Side of the filter in pixels, odd. Default: 3 sigma on each side of the middle. */
  readonly kernel?: PerAxis
}

/**
 * Images [N,H,W,3] under a Gaussian: exp(-t²/(2 sigma²)) on whole t, normalised to sum 1, along each axis. Beyond its edges an image is
 * mirrored, the edge pixel not repeated. Equal to torchvision's.
 * @throws StableSigError 'bad-argument'; 'shape' for images no larger than half the filter
 */
export function gaussianBlur<I extends Images>(images: I, { sigma, kernel }: GaussianBlurOptions): I {
  checkImages(images, 'gaussianBlur')
  const [sigmaX, sigmaY] = perAxis(sigma)
  const [kernelX, kernelY] = kernel === undefined ? [reaching(sigmaX), reaching(sigmaY)] : perAxis(kernel)
  const [across, down] = [gaussian(kernelX, sigmaX), gaussian(kernelY, sigmaY)]
  const [x, y] = [(kernelX - 1) / 2, (kernelY - 1) / 2]
  return tidy(() => {
    const grown = extendImages(images, { top: y, bottom: y, left: x, right: x }, 'reflect')
    return windowMean(grown, down, 'valid', across)
  }) as I
}

const perAxis = (value: PerAxis): readonly [number, number] => (typeof value === 'number' ? [value, value] : value)
const reaching = (sigma: number): number => 2 * Math.ceil(3 * sigma) + 1

function gaussian(length: number, sigma: number): readonly number[] {
  checkNumber(sigma, 'sigma of gaussianBlur', 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  checkKernel(length, 'gaussianBlur')
  return gaussianRow(length, sigma)
}

/** @throws StableSigError 'bad-argument' for a filter without a middle */
export function checkKernel(side: number, filter: string): void {
  if (Number.isInteger(side) && side >= 1 && side % 2 === 1) return
  throw new StableSigError('bad-argument', `kernel of ${filter} is ${side}, expected an odd whole number of pixels`)
}
