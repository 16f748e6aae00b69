import { concat, slice, type Tensor4D, tidy, tile } from '@tensorflow/tfjs-core'
import { asUnit, type UnitImages } from '../../signal/images.ts'

/**
 * Images [N,H,W,3] grown below and to the right until both sides are multiples of `multiple`, by repeating the last row and
 * column: what an autoencoder of that downscale takes whole. A new tensor in any case.
 */
export function padImages(images: UnitImages, multiple: number): UnitImages {
  return tidy(() => asUnit(repeatLast(repeatLast(images, 1, multiple), 2, multiple)))
}

/** The top left corner of images [N,H,W,3]: [N,height,width,3], a new tensor in any case. */
export function cropImages(images: UnitImages, height: number, width: number): UnitImages {
  if (images.shape[1] === height && images.shape[2] === width) return asUnit(images.clone())
  return asUnit(slice(images, [0, 0, 0, 0], [-1, height, width, -1]))
}

function repeatLast(x: Tensor4D, axis: 1 | 2, multiple: number): Tensor4D {
  const size = x.shape[axis]
  const more = Math.ceil(size / multiple) * multiple - size
  if (more === 0) return x.clone()
  const begin: [number, number, number, number] = [0, 0, 0, 0]
  begin[axis] = size - 1
  const reps: [number, number, number, number] = [1, 1, 1, 1]
  reps[axis] = more
  return concat([x, tile(slice(x, begin, [-1, -1, -1, -1]), reps)], axis)
}
