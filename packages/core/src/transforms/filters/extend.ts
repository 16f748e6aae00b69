import { gather, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'

/** What stands beyond the edge: the edge pixel again, or the image mirrored at it (the edge pixel not repeated). */
export type Beyond = 'replicate' | 'reflect'

/** How many rows and columns are added on each side. */
export interface Margins {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

/**
 * Images [N,H,W,C] grown on their four sides.
 * @throws StableSigError 'shape' where an image is too small to be mirrored so far
 */
export function extendImages(images: Tensor4D, { top, bottom, left, right }: Margins, beyond: Beyond): Tensor4D {
  const [, h, w] = images.shape
  if (beyond === 'reflect' && (Math.max(top, bottom) >= h || Math.max(left, right) >= w))
    throw new StableSigError(
      'shape',
      `a filter reaches ${Math.max(top, bottom)} rows and ${Math.max(left, right)} columns, but images of ${w}x${h} pixels can be ` +
        `mirrored by ${h - 1} and ${w - 1} only: use a smaller kernel or larger images`,
    )
  return tidy(() => {
    const rows = top || bottom ? gather(images, places(h, top, bottom, beyond), 1) : images
    return left || right ? gather(rows, places(w, left, right, beyond), 2) : rows.clone()
  })
}

function places(length: number, before: number, after: number, beyond: Beyond) {
  const last = length - 1
  const inside = (at: number): number => {
    if (beyond === 'replicate') return Math.min(last, Math.max(0, at))
    return at < 0 ? -at : at > last ? 2 * last - at : at
  }
  return tensor1d(
    Int32Array.from({ length: before + length + after }, (_, i) => inside(i - before)),
    'int32',
  )
}
