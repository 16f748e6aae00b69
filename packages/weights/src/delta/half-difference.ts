import { fromFloat32, toFloat32 } from '../convert.ts'

/**
 * The half-precision differences that take one set of float32 values to another: signed ≈ source + difference. An unchanged
 * value has the difference -0, which leaves every float as it is, -0 included.
 * @returns little-endian float16
 */
export function halfDifferences(source: Float32Array, signed: Float32Array): Uint8Array {
  const differences = source.map((value, i) => (Object.is(value, signed[i]) ? -0 : (signed[i] ?? 0) - value))
  return fromFloat32(differences, 'float16')
}

/** source + differences, rounded to float32: the same on every machine, since a sum of two floats is rounded once. */
export function addHalfDifferences(source: Float32Array, differences: Uint8Array): Float32Array {
  const added = toFloat32(differences, 'float16')
  return source.map((value, i) => value + (added[i] ?? 0))
}

/**
 * Signed weights as a small delta describes them: source plus the difference in half precision. That keeps eleven bits of each
 * change, which is what a mark can tell; a change below 2^-25 becomes none.
 */
export const roundToDelta = (source: Float32Array, signed: Float32Array): Float32Array =>
  addHalfDifferences(source, halfDifferences(source, signed))
