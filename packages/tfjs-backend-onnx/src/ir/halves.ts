import { fromHalf } from '../onnx/half.ts'

/** Formats of two bytes a number, in the order in which they are tried. */
type HalfFormat = 'float16' | 'bfloat16'

/**
 * Float32 values that a format of half their size holds to the last bit, and so that is kept of them: weights from a file of
 * half precision. Nothing is ever rounded for it.
 */
export class Halves {
  private constructor(
    readonly format: HalfFormat,
    readonly bits: Uint16Array,
  ) {}

  /** Null where a value would have to be rounded, or is infinite or not a number: most often the first one of all. */
  static of(values: Float32Array): Halves | null {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
    const float16 = narrowed(words, float16Bits)
    if (float16) return new Halves('float16', float16)
    const bfloat16 = narrowed(words, bfloat16Bits)
    return bfloat16 && new Halves('bfloat16', bfloat16)
  }

  get length(): number {
    return this.bits.length
  }

  get byteLength(): number {
    return this.bits.byteLength
  }

  /** The same bytes in words of 32 bits, the last of them filled up with zeros. */
  get words(): Int32Array {
    return new Int32Array(this.bits.buffer)
  }

  /** The values, in an array of their own. */
  expand(): Float32Array {
    if (this.format === 'float16') return fromHalf(this.bits)
    const words = new Uint32Array(this.bits.length)
    for (let i = 0; i < words.length; i++) words[i] = this.bits[i]! << 16
    return new Float32Array(words.buffer)
  }
}

/** All words in the narrower format, or null where one has no equal there. */
function narrowed(words: Uint32Array, bitsOf: (word: number) => number): Uint16Array | null {
  // Few weights come from halves, and those that do not are told before memory is taken.
  for (let i = 0; i < words.length && i < 16; i++) if (bitsOf(words[i]!) < 0) return null
  // Whole words of memory, so that they can be read as such.
  const bits = new Uint16Array(words.length + (words.length & 1)).subarray(0, words.length)
  for (let i = 0; i < words.length; i++) {
    const half = bitsOf(words[i]!)
    if (half < 0) return null
    bits[i] = half
  }
  return bits
}

/** A finite float32's word -> the equal float16's bits, or -1. */
function float16Bits(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  // 2^-14 to 65504: eleven digits are enough.
  if (magnitude >= 0x38800000 && magnitude < 0x47800000)
    return magnitude & 0x1fff ? -1 : sign | ((magnitude - 0x38000000) >>> 13)
  if (magnitude === 0) return sign
  // Below are the multiples of 2^-24: the significand, a whole number of 24 digits, is shifted to be one.
  const dropped = 126 - (magnitude >>> 23)
  if (dropped < 14 || dropped > 23) return -1
  const significand = (magnitude & 0x7fffff) | 0x800000
  return significand & ((1 << dropped) - 1) ? -1 : sign | (significand >>> dropped)
}

/** A finite float32's word -> the equal bfloat16's bits, its upper half, or -1. */
const bfloat16Bits = (word: number): number => (word & 0xffff || (word & 0x7f800000) === 0x7f800000 ? -1 : word >>> 16)
