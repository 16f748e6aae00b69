import { DTYPE_BYTES } from './dtype.ts'
import { WeightsError } from './errors.ts'
import {
  float8e4m3ToNumber,
  float8e5m2ToNumber,
  float16ToNumber,
  numberToBfloat16,
  numberToFloat16,
} from './float-formats.ts'
import type { DType, StateTensor } from './state-dict.ts'

/**
 * A tensor's elements as float32, row-major, whatever its dtype. float16, bfloat16, float8, bool and integers below 2^24 are
 * exact; float64 and larger integers go to the nearest float32.
 */
export async function readFloat32(tensor: StateTensor): Promise<Float32Array> {
  return toFloat32(await tensor.read(), tensor.dtype)
}

/**
 * Little-endian bytes of `dtype` -> float32 values in memory of their own.
 * @throws WeightsError 'bad-argument' when the bytes are no whole number of elements
 */
export function toFloat32(bytes: Uint8Array, dtype: DType): Float32Array {
  const size = DTYPE_BYTES[dtype]
  if (bytes.byteLength % size !== 0) {
    throw new WeightsError(
      'bad-argument',
      `${bytes.byteLength} bytes are no whole number of ${dtype} (${size} bytes each)`,
    )
  }
  const count = bytes.byteLength / size
  const out = new Float32Array(count)
  if (dtype === 'float32') {
    new Uint8Array(out.buffer).set(bytes)
    if (!LITTLE_ENDIAN) swapBytes(new Uint8Array(out.buffer), 4)
    return out
  }
  if (dtype === 'float16' || dtype === 'bfloat16') return widened(bytes, out, dtype)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = READERS[dtype]
  for (let i = 0; i < count; i++) out[i] = read(view, i * size)
  return out
}

/** Float32 values -> little-endian bytes of a float dtype, rounded to the nearest, ties to even. */
export function fromFloat32(values: Float32Array, dtype: 'float32' | 'float16' | 'bfloat16'): Uint8Array {
  const bytes = new Uint8Array(values.length * DTYPE_BYTES[dtype])
  if (dtype === 'float32') {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    if (!LITTLE_ENDIAN) swapBytes(bytes, 4)
    return bytes
  }
  const halves = new Uint16Array(bytes.buffer)
  const narrow = dtype === 'float16' ? numberToFloat16 : numberToBfloat16
  for (let i = 0; i < halves.length; i++) halves[i] = narrow(values[i] ?? 0)
  if (!LITTLE_ENDIAN) swapBytes(bytes, 2)
  return bytes
}

/** The formats that most weights come in, without a call for each element. */
function widened(bytes: Uint8Array, out: Float32Array, dtype: 'float16' | 'bfloat16'): Float32Array {
  // Files start tensors anywhere, words only at even places.
  const halves = new Uint16Array(out.length)
  new Uint8Array(halves.buffer).set(bytes)
  if (!LITTLE_ENDIAN) swapBytes(new Uint8Array(halves.buffer), 2)
  if (dtype === 'float16') {
    const table = float16Table()
    for (let i = 0; i < out.length; i++) out[i] = table[halves[i] ?? 0] ?? 0
  } else {
    const words = new Uint32Array(out.buffer)
    for (let i = 0; i < out.length; i++) words[i] = (halves[i] ?? 0) << 16
  }
  return out
}

/** Reverses the bytes of each element, in place: big-endian to little and back. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  if (size === 1) return
  for (let at = 0; at + size <= bytes.length; at += size) bytes.subarray(at, at + size).reverse()
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

const READERS: Readonly<Record<Exclude<DType, 'float16' | 'bfloat16'>, (view: DataView, at: number) => number>> = {
  float64: (view, at) => view.getFloat64(at, true),
  float32: (view, at) => view.getFloat32(at, true),
  float8_e4m3fn: (view, at) => float8e4m3ToNumber(view.getUint8(at)),
  float8_e5m2: (view, at) => float8e5m2ToNumber(view.getUint8(at)),
  int64: (view, at) => wide(view.getInt32(at + 4, true), view.getUint32(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  int16: (view, at) => view.getInt16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint64: (view, at) => wide(view.getUint32(at + 4, true), view.getUint32(at, true)),
  uint32: (view, at) => view.getUint32(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
}

let halves: Float32Array | undefined

/** Every float16 by its bits, made when the first is read: ten times as fast as computing each of millions. */
function float16Table(): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => float16ToNumber(bits))
  return halves
}

/**
 * A 64-bit integer's nearest float32, rounded once. Through a double it would be rounded twice; so what a double cannot hold is
 * rounded to odd first (its last bit says that something was cut), after which rounding to float32 is right.
 */
function wide(high: number, low: number): number {
  const value = high * 2 ** 32 + low
  if (Number.isSafeInteger(value)) return value
  const cut = low & 0xfff
  return high * 2 ** 32 + (low - cut) + (cut ? 0x800 : 0)
}
