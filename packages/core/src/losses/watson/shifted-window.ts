import { slice, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { extendImages } from '../../transforms/filters/extend.ts'

/**
 * The same window moved over an image, by which Watson's blocks are moved: row y of the result is row y + rows, and likewise for
 * columns; beyond the borders stand copies of the outermost pixels. x [N,H,W,C] -> [N,H,W,C].
 */
export function shiftedWindow(x: Tensor4D, rows: number, columns: number): Tensor4D {
  const before = (by: number) => Math.max(0, -by)
  const after = (by: number) => Math.max(0, by)
  return tidy(() => {
    const margins = { top: before(rows), bottom: after(rows), left: before(columns), right: after(columns) }
    return slice(extendImages(x, margins, 'replicate'), [0, after(rows), after(columns), 0], x.shape)
  })
}
