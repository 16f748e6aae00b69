import { fromFloat32 } from './convert.ts'
import { DTYPE_BYTES, elementCount, SAFETENSORS_DTYPES } from './dtype.ts'
import { WeightsError } from './errors.ts'
import { kindOf } from './kind-of.ts'
import { quoted } from './refuse.ts'
import { type Hash, sha256 } from './sha256.ts'
import type { DType, StateTensor } from './state-dict.ts'

/** A tensor in memory: its elements little-endian, row-major, as a file has them. */
export interface TensorData {
  readonly dtype: DType
  /** PyTorch's order. */
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/** What a file carries beside its tensors: text by name. The writer adds `sha256`, that of the data section. */
export type Card = Readonly<Record<string, string>>

/** A file ready to be written. */
export interface FileContents {
  /** Bytes in all. */
  readonly size: number
  /** The file from its first byte to its last, in pieces that are read when their turn comes. May be asked for again. */
  chunks(): AsyncIterable<Uint8Array>
}

/** A safetensors file ready to be written, a piece a tensor. */
export interface SafetensorsFile extends FileContents {
  /** Of the data section, lower-case hex; its card says it too. */
  readonly sha256: string
}

/**
 * A float32 tensor of a file, stored as it is or rounded to a half (nearest, ties to even; beyond its range infinity,
 * which `replaceTensors` refuses).
 * @throws WeightsError 'bad-argument' for other values than float32 ones, another dtype, or values that do not fit the shape
 */
export function tensorData(
  values: Float32Array,
  shape: readonly number[],
  dtype: 'float32' | 'float16' | 'bfloat16' = 'float32',
): TensorData {
  if (!(values instanceof Float32Array))
    throw new WeightsError('bad-argument', `values of a tensor: expected a Float32Array, found ${kindOf(values)}`)
  if (!['float32', 'float16', 'bfloat16'].includes(dtype))
    throw new WeightsError('bad-argument', `dtype is ${dtype}, expected float32, float16 or bfloat16`)
  const data = fromFloat32(values, dtype)
  return { dtype, shape, data: checked('of values', { dtype, shape }, data) }
}

/** Tensors in memory as tensors of a file. */
export const readable = (tensors: ReadonlyMap<string, TensorData>): Map<string, StateTensor> =>
  new Map([...tensors].map(([name, { dtype, shape, data }]) => [name, { dtype, shape, read: async () => data }]))

/**
 * A safetensors file in memory. The same tensors and card give the same bytes: larger elements come first, so that every
 * tensor is aligned, then names in the order of their characters; the data begins at a multiple of 8. Dtypes stay as given.
 * @param tensors by name, as a record or a map
 * @throws WeightsError 'bad-argument' when a tensor's bytes do not fit its shape, or a name or an entry of the card cannot be written
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, TensorData>> | ReadonlyMap<string, TensorData>,
  card: Card = {},
): Uint8Array {
  const entries = layOut(tensors instanceof Map ? tensors : Object.entries(tensors))
  const hash = sha256()
  for (const [name, tensor] of entries) hash.update(checked(name, tensor, tensor.data))
  const header = headerOf(entries, { ...card, sha256: hash.hex() })
  const file = new Uint8Array(header.length + dataBytes(entries))
  file.set(header)
  let at = header.length
  for (const [, { data }] of entries) {
    file.set(data, at)
    at += data.length
  }
  return file
}

/**
 * A safetensors file that need not fit in memory: tensors come from wherever they are, `StateDict.tensors` included, one at a
 * time and twice, once for the checksum in the card and once for `chunks`. Layout as `writeSafetensors` has it.
 *
 *   const file = await streamSafetensors(state.tensors, { source: 'decoder' })
 *   for await (const chunk of file.chunks()) await handle.write(chunk)
 *
 * @param hash a faster SHA-256 than this library's own
 * @throws WeightsError 'bad-argument' as writeSafetensors; what reading a tensor throws
 */
export async function streamSafetensors(
  tensors: ReadonlyMap<string, StateTensor>,
  card: Card = {},
  hash: Hash = sha256(),
): Promise<SafetensorsFile> {
  const entries = layOut(tensors)
  for (const [name, tensor] of entries) hash.update(checked(name, tensor, await tensor.read()))
  const digest = hash.hex()
  return { ...contents(entries, { ...card, sha256: digest }), sha256: digest }
}

/**
 * A safetensors file of tensors in the order given, as far as alignment allows: larger elements still come first. Metadata is
 * what is given and no checksum is added, so each tensor is read once: how a checkpoint of several gigabytes changes its format.
 * @throws WeightsError 'bad-argument' as writeSafetensors; `chunks` throws what reading a tensor does
 */
export function convertToSafetensors(tensors: ReadonlyMap<string, StateTensor>, metadata: Card = {}): FileContents {
  return contents(layOut(tensors, 'given'), metadata)
}

function contents(entries: readonly (readonly [string, StateTensor])[], metadata: Card): FileContents {
  const header = headerOf(entries, metadata)
  async function* chunks(): AsyncIterable<Uint8Array> {
    yield header
    for (const [name, tensor] of entries) yield checked(name, tensor, await tensor.read())
  }
  return { size: header.length + dataBytes(entries), chunks }
}

type Described = Pick<TensorData, 'dtype' | 'shape'>

const SAFETENSORS_NAMES = new Map([...SAFETENSORS_DTYPES].map(([name, dtype]) => [dtype, name]))

/** Bytes of a tensor's elements; NaN when a size is no whole number. */
export const bytesOf = ({ dtype, shape }: Described): number => elementCount(shape) * DTYPE_BYTES[dtype]

function dataBytes(entries: readonly (readonly [string, Described])[]): number {
  return entries.reduce((sum, [, tensor]) => sum + bytesOf(tensor), 0)
}

/** Tensors in the order of the file: by the size of their elements, then by name or as they were given. */
function layOut<T extends Described>(
  tensors: Iterable<readonly [string, T]>,
  order: 'by-name' | 'given' = 'by-name',
): (readonly [string, T])[] {
  const entries = [...tensors]
  for (const [name, tensor] of entries) {
    if (
      typeof tensor !== 'object' ||
      tensor === null ||
      !Array.isArray(tensor.shape) ||
      !SAFETENSORS_NAMES.has(tensor.dtype)
    )
      throw new WeightsError(
        'bad-argument',
        `tensor ${quoted(name)}: expected { dtype, shape, … } with a dtype that safetensors has, found ${kindOf(tensor)}`,
      )
    if (name === '__metadata__' || /\p{Surrogate}/u.test(name)) {
      throw new WeightsError('bad-argument', `a tensor cannot be named ${quoted(name)} in a safetensors file`)
    }
    if (Number.isNaN(bytesOf(tensor))) {
      throw new WeightsError(
        'bad-argument',
        `tensor ${quoted(name)} has shape [${tensor.shape.join(', ')}]; expected whole numbers from 0`,
      )
    }
  }
  const named = (a: string, b: string) => (order === 'given' ? 0 : a < b ? -1 : 1)
  return entries.sort(([a, x], [b, y]) => DTYPE_BYTES[y.dtype] - DTYPE_BYTES[x.dtype] || named(a, b))
}

function checked(name: string, tensor: Described, data: Uint8Array): Uint8Array {
  if (!(data instanceof Uint8Array))
    throw new WeightsError(
      'bad-argument',
      `tensor ${quoted(name)}: expected its bytes as a Uint8Array, found ${kindOf(data)}; tensorData makes them of a Float32Array`,
    )
  if (data.byteLength === bytesOf(tensor)) return data
  throw new WeightsError(
    'bad-argument',
    `tensor ${quoted(name)}: ${tensor.dtype} [${tensor.shape.join(', ')}] takes ${bytesOf(tensor)} bytes, ${data.byteLength} were given`,
  )
}

/** Eight bytes of length and the JSON, padded with spaces to a multiple of 8. */
function headerOf(entries: readonly (readonly [string, Described])[], card: Card): Uint8Array {
  const keys = Object.keys(card).sort()
  const fields = [`"__metadata__":{${keys.map((key) => `${text(key)}:${text(card[key] ?? '')}`).join(',')}}`]
  let end = 0
  for (const [name, tensor] of entries) {
    const begin = end
    end += bytesOf(tensor)
    const shape = JSON.stringify(tensor.shape)
    fields.push(
      `${text(name)}:{"dtype":"${SAFETENSORS_NAMES.get(tensor.dtype)}","shape":${shape},"data_offsets":[${begin},${end}]}`,
    )
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`)
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true)
  header.set(json, 8)
  return header
}

function text(value: string): string {
  if (typeof value !== 'string')
    throw new WeightsError('bad-argument', `an entry of the card is ${kindOf(value)}, and a file holds text alone`)
  if (/\p{Surrogate}/u.test(value))
    throw new WeightsError('bad-argument', `${quoted(value)} cannot be written: it is no Unicode text`)
  return JSON.stringify(value)
}
