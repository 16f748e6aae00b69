import type { ByteSource } from '../byte-source.ts'
import { swapBytes } from '../convert.ts'
import { DTYPE_BYTES, elementCount } from '../dtype.ts'
import type { WeightLimits } from '../limits.ts'
import { badWeights, guarded, overLimit, quoted, readRange, unsafeWeights, unsupportedWeights } from '../refuse.ts'
import type { DType, StateDict, StateTensor } from '../state-dict.ts'
import { gather } from '../torch/gather.ts'
import { StorageRef, TensorRef } from '../torch/refs.ts'
import type { ZipArchive } from '../zip/archive.ts'

/** Longest header: NumPy itself refuses above 10,000 bytes unless told otherwise. */
const HEADER_BYTES = 65_536

const KINDS: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['f8', 'float64'],
  ['f4', 'float32'],
  ['f2', 'float16'],
  ['i8', 'int64'],
  ['i4', 'int32'],
  ['i2', 'int16'],
  ['i1', 'int8'],
  ['u8', 'uint64'],
  ['u4', 'uint32'],
  ['u2', 'uint16'],
  ['u1', 'uint8'],
  ['b1', 'bool'],
])

/** One .npy file, wherever it lies. */
interface NpyBytes {
  readonly size: number
  read(offset: number, length: number, unchecked?: 'unchecked'): Promise<Uint8Array>
}

/** Opens a NumPy archive: a zip of .npy files, each a tensor under its name without the ending. Their headers are read. */
export async function openNpz(source: ByteSource, archive: ZipArchive, limits: WeightLimits): Promise<StateDict> {
  const tensors = new Map<string, StateTensor>()
  for (const name of archive.names) {
    const record = archive.find(name)
    if (record) tensors.set(name.slice(0, -'.npy'.length), await openArray(source, name, record, limits))
  }
  return { source: source.name, format: 'npz', tensors, metadata: {} }
}

/** Opens a single .npy file: one tensor, whose name is empty. */
export async function openNpy(source: ByteSource, limits: WeightLimits): Promise<StateDict> {
  const bytes = { size: source.size, read: (at: number, length: number) => readRange(source, at, length, 'the array') }
  const tensor = await openArray(source, source.name, bytes, limits)
  return { source: source.name, format: 'npz', tensors: new Map([['', tensor]]), metadata: {} }
}

/** An .npy file: magic, version, header length, a Python dict of descr, fortran_order and shape, then the elements. */
async function openArray(source: ByteSource, name: string, file: NpyBytes, limits: WeightLimits): Promise<StateTensor> {
  const fail = (what: string) => badWeights(source.name, `array ${quoted(name)}: ${what}`)
  if (file.size < 12) throw fail(`${file.size} bytes are too few for a .npy file`)
  const head = await file.read(0, 12, 'unchecked')
  const view = new DataView(head.buffer, head.byteOffset, 12)
  const version = head[6] ?? 0
  if (![0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => head[i] === byte))
    throw fail('it does not begin as a .npy file')
  if (version < 1 || version > 3)
    throw unsupportedWeights(source.name, `array ${quoted(name)}: .npy version ${version}; 1 to 3 are read`)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const begin = (version === 1 ? 10 : 12) + length
  if (length > HEADER_BYTES)
    throw overLimit(source.name, `array ${quoted(name)}: a header of ${length} bytes, the limit is ${HEADER_BYTES}`)
  if (begin > file.size) throw fail('its header is longer than the file')
  const header = new TextDecoder().decode((await file.read(0, begin, 'unchecked')).subarray(begin - length))
  const { descr, fortran, shape } = parseNpyHeader(header, fail)
  if (descr.includes('O'))
    throw unsafeWeights(source.name, `array ${quoted(name)} holds Python objects, which only running a pickle can read`)
  const dtype = KINDS.get(descr.slice(1))
  if (!dtype || !/^[<>|=]/.test(descr))
    throw unsupportedWeights(source.name, `array ${quoted(name)} is of type ${quoted(descr)}; expected a number`)
  const size = DTYPE_BYTES[dtype]
  const count = elementCount(shape)
  if (file.size - begin !== count * size) {
    throw fail(`${dtype} [${shape.slice(0, 9).join(', ')}] takes ${count * size} bytes, it has ${file.size - begin}`)
  }
  if (count * size > limits.tensorBytes)
    throw overLimit(source.name, `array ${quoted(name)} takes more than ${limits.tensorBytes} bytes`)
  const read = async () => {
    const found = await file.read(begin, count * size)
    const bytes = fortran ? gather(found, columnMajor(dtype, shape), size) : found.slice()
    if (descr.startsWith('>')) swapBytes(bytes, size)
    return bytes
  }
  return { dtype, shape, read: () => guarded(source.name, read) }
}

/** The view of a column-major array: the first axis steps by one. */
function columnMajor(dtype: DType, shape: readonly number[]): TensorRef {
  const stride: number[] = []
  let step = 1
  for (const size of shape) {
    stride.push(step)
    step *= size
  }
  return new TensorRef(new StorageRef('', dtype, step), dtype, 0, shape, stride, false)
}

/** The header is a Python literal; only the one form that NumPy writes is read. */
function parseNpyHeader(
  header: string,
  fail: (what: string) => Error,
): { descr: string; fortran: boolean; shape: number[] } {
  const fields = new Map<string, string>()
  const body = /^\{((?:\s*'\w{1,20}':\s*(?:'[^'\\]{0,20}'|True|False|\([\d\s,]{0,2000}\))\s*,?)*)\s*\}\s*$/.exec(
    header,
  )?.[1]
  if (body === undefined) throw fail(`its header is not as NumPy writes it: ${quoted(header)}`)
  for (const [, key = '', value = ''] of body.matchAll(/'(\w+)':\s*('[^']*'|True|False|\([^)]*\))/g)) {
    if (fields.has(key)) throw fail(`its header has ${key} twice`)
    fields.set(key, value)
  }
  const descr = /^'(.*)'$/.exec(fields.get('descr') ?? '')?.[1]
  const fortran = fields.get('fortran_order')
  const sizes = /^\((?:(\d+),\s*|(\d+(?:,\s*\d+)+),?\s*)?\)$/.exec(fields.get('shape') ?? '')
  if (descr === undefined || !/^(True|False)$/.test(fortran ?? '') || !sizes) {
    throw fail(`its header lacks descr, fortran_order or shape: ${quoted(header)}`)
  }
  const shape = (sizes[1] ?? sizes[2] ?? '')
    .split(',')
    .filter((text) => text.trim() !== '')
    .map(Number)
  return { descr, fortran: fortran === 'True', shape }
}
