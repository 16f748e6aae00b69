import { PickleGlobal, PickleObject, PickleTuple, type PickleValue } from '../pickle/values.ts'

const DTYPE = new PickleGlobal('numpy', 'dtype')

/** numpy.dtype('f8', False, True): kept with its code, so that scalars of it can be told. */
export function numpyDType([code]: readonly PickleValue[]): PickleValue {
  const dtype = new PickleObject(DTYPE)
  if (typeof code === 'string') dtype.attributes.entries.set('code', code)
  return dtype
}

/** A dtype's state is (3, '<', …): its second value is the byte order. */
export function buildNumpyDType(dtype: PickleObject, state: PickleValue): void {
  const order = state instanceof PickleTuple ? state.items[1] : undefined
  if (typeof order === 'string') dtype.attributes.entries.set('order', order)
}

/** numpy's scalar(dtype, bytes): the number where its dtype is a common one, else null. */
export function numpyScalar([dtype, bytes]: readonly PickleValue[]): PickleValue {
  if (!(dtype instanceof PickleObject) || dtype.type.path !== 'numpy.dtype' || !(bytes instanceof Uint8Array))
    return null
  const code = dtype.attributes.entries.get('code')
  const little = dtype.attributes.entries.get('order') !== '>'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wanted = typeof code === 'string' ? Number(code.slice(1)) : Number.NaN
  if (wanted !== bytes.byteLength) return null
  switch (code) {
    case 'f8':
      return view.getFloat64(0, little)
    case 'f4':
      return view.getFloat32(0, little)
    case 'i8': {
      const value = view.getBigInt64(0, little)
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    }
    case 'i4':
      return view.getInt32(0, little)
    case 'b1':
      return view.getUint8(0) !== 0
    default:
      return null
  }
}
