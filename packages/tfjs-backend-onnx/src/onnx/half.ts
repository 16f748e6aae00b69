const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The greatest finite half-precision number. */
export const MAX_HALF = 65504

/**
 * The bits of the half-precision number nearest to `value`, ties to even. From 65520 on it is an infinity, below 2^-14 a
 * subnormal of spacing 2^-24.
 */
export function halfBits(value: number): number {
  float[0] = value
  const word = bits[0]!
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // Beside 0.5 a single has the spacing 2^-24: the addition rounds.
    float[0] = Math.abs(float[0]!) + 0.5
    return sign | (bits[0]! - 0x3f000000)
  }
  const even = (magnitude >>> 13) & 1
  return sign | ((magnitude - 0x38000000 + 0xfff + even) >>> 13)
}

/** Bits of the nearest half-precision numbers. */
export function toHalf(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) out[i] = halfBits(values[i]!)
  return out
}

let numbers: Float32Array | undefined

/** The values of half-precision numbers, exactly. */
export function fromHalf(bits: Uint16Array): Float32Array {
  numbers ??= Float32Array.from({ length: 65536 }, (_, half) => numberOf(half))
  const out = new Float32Array(bits.length)
  for (let i = 0; i < out.length; i++) out[i] = numbers[bits[i]!]!
  return out
}

function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}
