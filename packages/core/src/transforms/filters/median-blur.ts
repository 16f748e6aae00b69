import {
  expandDims,
  mul,
  oneHot,
  slice,
  squeeze,
  stack,
  type Tensor,
  type Tensor4D,
  tidy,
  topk,
} from '@tensorflow/tfjs-core'
import { customGradient } from '../../ops/custom-gradient.ts'
import type { Images } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { extendImages } from './extend.ts'
import { checkKernel } from './gaussian-blur.ts'

/**
 * Images [N,H,W,3], each value the median of a window of its channel; edge pixels are repeated beyond the image, as OpenCV does.
 * The gradient goes to the pixel that was chosen.
 * @param options.kernel side of the window in pixels, odd. Memory: kernel² times the images
 */
export function medianBlur<I extends Images>(images: I, { kernel }: { readonly kernel: number }): I {
  checkImages(images, 'medianBlur')
  checkKernel(kernel, 'medianBlur')
  const [n, h, w] = images.shape
  const reach = (kernel - 1) / 2
  return tidy(() => {
    const grown = extendImages(images, { top: reach, bottom: reach, left: reach, right: reach }, 'replicate')
    const shifted = Array.from({ length: kernel ** 2 }, (_, i) =>
      slice(grown, [0, Math.floor(i / kernel), i % kernel, 0], [n, h, w, 3]),
    )
    return medians(stack(shifted, 4), kernel ** 2)
  }) as I
}

/** Medians along the last of five axes, of odd length `count`. */
function medians(windows: Tensor, count: number): Tensor4D {
  const middle = (count - 1) / 2
  return customGradient([windows], () => {
    const { values, indices } = topk(windows, middle + 1)
    const last = (x: Tensor): Tensor4D => squeeze(slice(x, [0, 0, 0, 0, middle], [-1, -1, -1, -1, 1]), [4])
    return {
      value: last(values),
      saved: [last(indices)],
      gradient: (dy: Tensor4D, [chosen]) => [mul(expandDims(dy, 4), oneHot(chosen!, count))],
    }
  })
}
