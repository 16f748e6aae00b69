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

/** The shape that a file has for tfjs' one: [O,I,h,w] for a convolution's [h,w,I,O], [O,I] for a matrix [I,O], else the same. */
export function torchShape(shape: readonly number[]): number[] {
  const [height = 1, width = 1, into = 1, out = 1] = shape.length === 4 ? shape : [1, 1, ...shape]
  return shape.length === 4 ? [out, into, height, width] : shape.length === 2 ? [out, into] : [...shape]
}

/** A file's tensor of tfjs' values: convolutions and matrices as `torchShape` has them, all else stays. */
export function torchTensor(values: Float32Array, shape: readonly number[]): TensorData {
  const whole = asConvolution(shape)
  return tensorData(whole ? oihw(values, whole) : values, torchShape(shape))
}

/** The way back: a copy of a file's values in tfjs' order. @param shape tfjs' */
export function fromTorch(values: Float32Array, shape: readonly number[]): Float32Array {
  const whole = asConvolution(shape)
  return whole ? hwio(values, torchShape(whole)) : values.slice()
}

/** A convolution's shape, or a matrix's as that of a convolution of 1x1; null for what has no order but its own. */
const asConvolution = (shape: readonly number[]): readonly number[] | null =>
  shape.length === 4 ? shape : shape.length === 2 ? [1, 1, ...shape] : null
