import { gather, type Tensor4D, tensor1d, tidy } from '@tensorflow/tfjs-core'

/**
 * The same window moved over an image: row y of the result is row y + rows, and likewise for columns; beyond the borders stand
 * copies of the outermost pixels. x [N,H,W,C] -> [N,H,W,C].
 */
export function shiftedWindow(x: Tensor4D, rows: number, columns: number): Tensor4D {
  const places = (length: number, by: number) =>
    tensor1d(
      Int32Array.from({ length }, (_, i) => Math.min(length - 1, Math.max(0, i + by))),
      'int32',
    )
  return tidy(() => gather(gather(x, places(x.shape[1], rows), 1), places(x.shape[2], columns), 2))
}
