import type { DType } from './state-dict.ts'

/** Bytes of one element. */
export const DTYPE_BYTES: Readonly<Record<DType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
}

/** Safetensors' names. */
export const SAFETENSORS_DTYPES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F8_E4M3', 'float8_e4m3fn'],
  ['F8_E5M2', 'float8_e5m2'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U64', 'uint64'],
  ['U32', 'uint32'],
  ['U16', 'uint16'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
])

/** PyTorch's typed storages, as pickles name them (module torch); torch.storage.UntypedStorage has no type of its own. */
export const TORCH_STORAGES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['DoubleStorage', 'float64'],
  ['FloatStorage', 'float32'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['BoolStorage', 'bool'],
])

/** PyTorch's name of a dtype, as in the global `torch.float16`, when it is one that is read here. */
export function torchDType(name: string): DType | undefined {
  return Object.hasOwn(DTYPE_BYTES, name) ? (name as DType) : undefined
}

/** Elements of a tensor of that shape; NaN when a size is no whole number or the product is beyond 2^53. */
export function elementCount(shape: readonly number[]): number {
  let count = 1
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return Number.NaN
    count *= size
  }
  // A zero beside two sizes whose product is beyond 2^53 is still zero, exactly.
  return Number.isSafeInteger(count) ? count : Number.NaN
}
