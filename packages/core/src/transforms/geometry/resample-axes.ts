import { matMul, reshape, type Tensor3D, type Tensor4D, tidy, transpose } from '@tensorflow/tfjs-core'

/**
 * A linear map along each axis of images: x [N,H,W,3] -> [N,T,U,3]. The matrices are values, not structure: a compiling engine has
 * one program for every window and scale that makes images of one size.
 * @param rows [N,T,H] or [1,T,H] for all images
 * @param columns [N,U,W] or [1,U,W]
 */
export function resampleAxes(images: Tensor4D, rows: Tensor3D, columns: Tensor3D): Tensor4D {
  return tidy(() => turned(along(turned(along(images, rows)), columns)))
}

/** [N,S,U,3] -> [N,T,U,3] by a matrix [N,T,S]. */
function along(x: Tensor4D, matrix: Tensor3D): Tensor4D {
  const [n, s, u] = x.shape
  return reshape(matMul<Tensor3D>(matrix, reshape(x, [n, s, u * 3])), [n, matrix.shape[1], u, 3])
}

const turned = (x: Tensor4D): Tensor4D => transpose(x, [0, 2, 1, 3])
