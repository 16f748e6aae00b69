import { fromFloat32, toFloat32 } from '../convert.ts'
import { DTYPE_BYTES } from '../dtype.ts'
import type { DType } from '../state-dict.ts'
import { addPatternDifferences, fromPlanes, patternDifferences, toPlanes } from './bit-planes.ts'
import { addHalfDifferences, halfDifferences } from './half-difference.ts'

/**
 * How a changed tensor is stored, always so that the signed one comes back bit by bit:
 *   half      its differences in float16, where source + difference is exactly the signed float32 tensor
 *   pattern   the differences of its bit patterns, for any other float of 16 or 32 bits
 *   whole     its bytes, for all else
 */
export type DeltaEncoding = 'half' | 'pattern' | 'whole'

/** Elements of `width` bytes whose bytes differ. */
export function differentElements(before: Uint8Array, after: Uint8Array, width: number): number {
  let count = 0
  for (let at = 0; at < before.length; at += width) {
    for (let i = at; i < at + width; i++) {
      if (before[i] === after[i]) continue
      count++
      break
    }
  }
  return count
}

const isPattern = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16'
const widthOf = (dtype: DType): 2 | 4 => (dtype === 'float32' ? 4 : 2)

/** The smallest exact form of a changed tensor, to be compressed. */
export function encode(
  before: Uint8Array,
  after: Uint8Array,
  dtype: DType,
): { encoding: DeltaEncoding; bytes: Uint8Array } {
  if (!isPattern(dtype)) return { encoding: 'whole', bytes: toPlanes(after, DTYPE_BYTES[dtype]) }
  if (dtype === 'float32') {
    const values = toFloat32(before, dtype)
    const half = halfDifferences(values, toFloat32(after, dtype))
    const again = fromFloat32(addHalfDifferences(values, half), dtype)
    if (differentElements(again, after, 4) === 0) return { encoding: 'half', bytes: toPlanes(half, 2) }
  }
  return { encoding: 'pattern', bytes: patternDifferences(before, after, widthOf(dtype)) }
}

/** The signed tensor's bytes; null where the encoding is none of that dtype. */
export function decode(
  before: Uint8Array,
  bytes: Uint8Array,
  encoding: DeltaEncoding,
  dtype: DType,
): Uint8Array | null {
  if (encoding === 'whole') return fromPlanes(bytes, DTYPE_BYTES[dtype])
  if (encoding === 'pattern') return isPattern(dtype) ? addPatternDifferences(before, bytes, widthOf(dtype)) : null
  if (dtype !== 'float32') return null
  return fromFloat32(addHalfDifferences(toFloat32(before, dtype), fromPlanes(bytes, 2)), dtype)
}
