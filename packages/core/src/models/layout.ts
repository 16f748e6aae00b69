import { type TensorData, tensorData } from '@stablesig/weights'
import { at } from '../at.ts'

/** Convolution kernels between PyTorch's order and tfjs's: [out, in, height, width] -> [height, width, in, out]. */
export function hwio(values: Float32Array, shape: readonly number[]): Float32Array {
  const [out = 0, into = 0, height = 0, width = 0] = shape
  return reversed(values, out, into, height * width)
}

/** The way back: `shape` is tfjs's, [height, width, in, out] -> [out, in, height, width]. */
export function oihw(values: Float32Array, shape: readonly number[]): Float32Array {
  const [height = 0, width = 0, into = 0, out = 0] = shape
  return reversed(values, height * width, into, out)
}

/** Axes in reverse: [a, b, c] -> [c, b, a]. */
function reversed(values: Float32Array, a: number, b: number, c: number): Float32Array {
  const result = new Float32Array(values.length)
  let to = 0
  for (let k = 0; k < c; k++)
    for (let j = 0; j < b; j++) for (let i = 0; i < a; i++) result[to++] = at(values, (i * b + j) * c + k)
  return result
}

/** A file's tensor of tfjs' values: convolutions [h,w,I,O] become [O,I,h,w], matrices [I,O] become [O,I], all else stays. */
export function torchTensor(values: Float32Array, shape: readonly number[]): TensorData {
  if (shape.length !== 4 && shape.length !== 2) return tensorData(values, shape)
  const [height = 1, width = 1, into = 1, out = 1] = shape.length === 4 ? shape : [1, 1, ...shape]
  const ordered = oihw(values, [height, width, into, out])
  return tensorData(ordered, shape.length === 4 ? [out, into, height, width] : [out, into])
}
