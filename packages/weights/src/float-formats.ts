/**
 * The small float formats, widened to and narrowed from float32 by their bits.
 *
 *              sign exponent mantissa bias
 *   float16       1        5       10   15
 *   bfloat16      1        8        7  127   the upper half of a float32
 *   float8_e5m2   1        5        2   15   the upper half of a float16
 *   float8_e4m3fn 1        4        3    7   no infinities; all ones is NaN, so the largest is 448
 */
const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** A float16's bits -> its value; exact, subnormals included. A NaN keeps its payload where the engine keeps it. */
export function float16ToNumber(half: number): number {
  const exponent = (half >> 10) & 31
  const mantissa = half & 1023
  const sign = half & 0x8000 ? -1 : 1
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25)
}

/** A float8 e5m2's bits -> its value: the upper half of a float16. */
export const float8e5m2ToNumber = (byte: number): number => float16ToNumber(byte << 8)

/** A float8 e4m3fn's bits -> its value. */
export function float8e4m3ToNumber(byte: number): number {
  const exponent = (byte >> 3) & 15
  const mantissa = byte & 7
  const sign = byte & 0x80 ? -1 : 1
  if (exponent === 15 && mantissa === 7) return Number.NaN
  return exponent === 0 ? sign * mantissa * 2 ** -9 : sign * (8 + mantissa) * 2 ** (exponent - 10)
}

/**
 * A float32 -> the bits of the nearest float16, ties to even. Beyond 65519.99… it is an infinity; below 2^-14 it is a
 * subnormal, rounded at its own spacing of 2^-24; NaN is 0x7e00 with its sign.
 */
export function numberToFloat16(value: number): number {
  float[0] = value
  const word = bits[0] ?? 0
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  // 65520 is halfway to the first value that does not fit, and ties go to the even one, which is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // The addition rounds, to even, at the spacing of 0.5's binade: 2^-24 exactly.
    float[0] = Math.abs(float[0] ?? 0) + 0.5
    return sign | ((bits[0] ?? 0) - 0x3f000000)
  }
  const even = (magnitude >>> 13) & 1
  return sign | ((magnitude - 0x38000000 + 0xfff + even) >>> 13)
}

/** A float32 -> the bits of the nearest bfloat16, ties to even; NaN is 0x7fc0 with its sign. */
export function numberToBfloat16(value: number): number {
  float[0] = value
  const word = bits[0] ?? 0
  if ((word & 0x7fffffff) > 0x7f800000) return ((word >>> 16) & 0x8000) | 0x7fc0
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff
}
