import type { BackendValues, DataType } from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'
import type { TensorValues } from '../onnx/types.ts'

/** tfjs hands over whatever array the user gave where its type fits; the rest is converted. */
export function asElements(
  values: Exclude<BackendValues, Uint8Array[]>,
  dtype: DataType,
): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values)
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values)
  if (dtype === 'bool') return values instanceof Uint8Array ? values : Uint8Array.from(values)
  throw new EngineError(
    'unsupported',
    `tensors of type ${dtype} cannot be kept on the onnx backend; use float32, int32 or bool`,
  )
}

/** Values that are known to be single-precision numbers, such as the parts of a complex tensor. */
export function asFloats(values: BackendValues | null): Float32Array {
  if (values === null || values instanceof Float32Array) return values ?? new Float32Array(0)
  throw new EngineError('unsupported', 'the values of a complex tensor must come as a Float32Array')
}

/** What tfjs gets to read. */
export function asHost(values: TensorValues): Float32Array | Int32Array | Uint8Array {
  if (values instanceof BigInt64Array || values instanceof Uint16Array)
    throw new EngineError('unsupported', '64-bit integers and half precision are internal to compiled graphs')
  return values
}
