import type { DType } from '../state-dict.ts'
import type { TensorRef } from './refs.ts'

/** The elements of a storage that a view reaches: from `first`, `length` of them; none for an empty view. */
export function reach(tensor: TensorRef): { first: number; length: number } {
  if (tensor.shape.includes(0)) return { first: tensor.offset, length: 0 }
  const span = tensor.shape.reduce((sum, size, axis) => sum + (size - 1) * (tensor.stride[axis] ?? 0), 0)
  return { first: tensor.offset, length: span + 1 }
}

/** Whether a view's elements lie in the storage as row-major order has them. */
export function isContiguous({ shape, stride }: TensorRef): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1
    if (size === 0) return true
    if (size > 1 && stride[axis] !== expected) return false
    expected *= size
  }
  return true
}

/**
 * Copies a view's elements into row-major order.
 * @param bytes the elements that `reach` tells, `size` bytes each
 */
export function gather(bytes: Uint8Array, { shape, stride }: TensorRef, size: number): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1)
  const out = new Uint8Array(count * size)
  if (count === 0) return out
  const inner = shape.at(-1) ?? 1
  const innerStep = (stride.at(-1) ?? 1) * size
  const index = shape.slice(0, -1).map(() => 0)
  let row = 0
  for (let at = 0; at < out.length; ) {
    for (let i = 0, from = row; i < inner; i++, from += innerStep) {
      for (let byte = 0; byte < size; byte++) out[at++] = bytes[from + byte] ?? 0
    }
    for (let axis = index.length - 1; axis >= 0; axis--) {
      const step = (stride[axis] ?? 0) * size
      const next = (index[axis] ?? 0) + 1
      row += step
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next
        break
      }
      row -= next * step
      index[axis] = 0
    }
  }
  return out
}

/**
 * Turns the sign of little-endian elements, in place: the top bit of floats, two's complement of integers.
 * bool has no negative and is left as it is, which PyTorch does not let happen.
 */
export function negate(bytes: Uint8Array, dtype: DType, size: number): void {
  const isFloat = dtype.includes('float')
  for (let at = 0; at + size <= bytes.length; at += size) {
    const top = at + size - 1
    if (isFloat) bytes[top] = (bytes[top] ?? 0) ^ 0x80
    else if (dtype !== 'bool') {
      let carry = 1
      for (let i = at; i <= top; i++) {
        const sum = (~(bytes[i] ?? 0) & 255) + carry
        bytes[i] = sum
        carry = sum >> 8
      }
    }
  }
}
