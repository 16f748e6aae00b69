import type { ByteSource } from '../byte-source.ts'
import { DTYPE_BYTES, elementCount, SAFETENSORS_DTYPES } from '../dtype.ts'
import { type JsonValue, parseJson } from '../json.ts'
import type { WeightLimits } from '../limits.ts'
import { badWeights, guarded, overLimit, quoted, readRange } from '../refuse.ts'
import type { DType, StateDict, StateTensor } from '../state-dict.ts'

/** The format's own limit on its header, in bytes. */
const FORMAT_HEADER_BYTES = 100_000_000
/** A header is two objects deep and one array: anything beyond this is not one. */
const HEADER_DEPTH = 8

/** Where a safetensors file keeps one tensor. */
interface Entry {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Bytes from the start of the data section. */
  readonly begin: number
  readonly end: number
}

/** The length in the first eight bytes, as far as it can be one; null when no file of that size can have such a header. */
export function safetensorsHeaderLength(head: Uint8Array, size: number): number | null {
  if (head.byteLength < 8) return null
  const view = new DataView(head.buffer, head.byteOffset, 8)
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
  return length >= 2 && length <= FORMAT_HEADER_BYTES && 8 + length <= size ? length : null
}

/**
 * Opens a safetensors file: eight bytes of length, a JSON header, the data. Only the header is read.
 * @throws WeightsError 'bad-weights' when the header is broken, a name stands twice, or the tensors' bytes overlap, leave gaps
 *   or leave the file; 'limit' for a header beyond the limits
 */
export async function openSafetensors(source: ByteSource, limits: WeightLimits): Promise<StateDict> {
  const head = await readRange(source, 0, Math.min(8, source.size), 'the header length')
  const length = safetensorsHeaderLength(head, source.size)
  if (length === null) {
    throw badWeights(source.name, `its first eight bytes are no length of a safetensors header in ${source.size} bytes`)
  }
  if (length > limits.indexBytes) {
    throw overLimit(source.name, `the header has ${length} bytes, the limit is ${limits.indexBytes}`)
  }
  const json = decodeHeader(await readRange(source, 8, length, 'the header'), source.name)
  const header = parseJson(json, {
    source: source.name,
    what: 'the header',
    depth: HEADER_DEPTH,
    fractions: false,
    limits,
  })
  if (!(header instanceof Map)) throw badWeights(source.name, 'the header is not an object')
  const entries: Entry[] = []
  let metadata: Readonly<Record<string, string>> = {}
  for (const [name, value] of header) {
    if (name === '__metadata__') metadata = readMetadata(value, source.name)
    else entries.push(readEntry(name, value, source.name))
  }
  if (entries.length > limits.tensors) {
    throw overLimit(source.name, `the header has ${entries.length} tensors, the limit is ${limits.tensors}`)
  }
  checkLayout(entries, source.size - 8 - length, source.name)
  const tensors = new Map<string, StateTensor>()
  for (const entry of entries) {
    const { name, dtype, shape, begin, end } = entry
    const read = () =>
      guarded(source.name, () => readRange(source, 8 + length + begin, end - begin, `tensor ${quoted(name)}`))
    tensors.set(name, { dtype, shape, read })
  }
  return { source: source.name, format: 'safetensors', tensors, metadata }
}

function decodeHeader(bytes: Uint8Array, source: string): string {
  if (bytes[0] !== 0x7b) throw badWeights(source, "the safetensors header does not begin with '{'")
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw badWeights(source, 'the safetensors header is not UTF-8', cause)
  }
}

function readMetadata(value: JsonValue, source: string): Readonly<Record<string, string>> {
  if (!(value instanceof Map)) throw badWeights(source, '__metadata__ is not an object of text')
  const metadata: Record<string, string> = Object.create(null)
  for (const [key, text] of value) {
    if (typeof text !== 'string') throw badWeights(source, `__metadata__ ${quoted(key)} is not text`)
    metadata[key] = text
  }
  return metadata
}

function readEntry(name: string, value: JsonValue, source: string): Entry {
  const fail = (what: string) => badWeights(source, `tensor ${quoted(name)}: ${what}`)
  if (!(value instanceof Map)) throw fail('expected an object with dtype, shape and data_offsets')
  for (const field of value.keys()) {
    if (!['dtype', 'shape', 'data_offsets'].includes(field)) throw fail(`unknown field ${quoted(field)}`)
  }
  const text = value.get('dtype')
  const dtype = typeof text === 'string' ? SAFETENSORS_DTYPES.get(text) : undefined
  if (!dtype)
    throw fail(`dtype ${JSON.stringify(text) ?? 'missing'} is none of ${[...SAFETENSORS_DTYPES.keys()].join(', ')}`)
  const shape = wholeNumbers(value.get('shape'))
  if (!shape) throw fail('shape is not a list of whole numbers from 0')
  const [begin, end, ...more] = wholeNumbers(value.get('data_offsets')) ?? []
  if (begin === undefined || end === undefined || more.length > 0)
    throw fail('data_offsets are not two whole numbers from 0')
  const bytes = elementCount(shape) * DTYPE_BYTES[dtype]
  if (end - begin !== bytes) {
    throw fail(`${dtype} [${shape.join(', ')}] takes ${bytes} bytes, its data_offsets span ${end - begin}`)
  }
  return { name, dtype, shape, begin, end }
}

function wholeNumbers(value: JsonValue | undefined): number[] | null {
  if (!Array.isArray(value)) return null
  const numbers: number[] = []
  for (const item of value) {
    if (typeof item !== 'number' || item < 0) return null
    numbers.push(item)
  }
  return numbers
}

/** The tensors' bytes must follow one another from the first byte of the data section to its last. */
function checkLayout(entries: readonly Entry[], size: number, source: string): void {
  let reached = 0
  let last = 'the start of the data'
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== reached) {
      const fault = begin < reached ? 'overlaps' : `leaves a gap of ${begin - reached} bytes behind`
      throw badWeights(source, `tensor ${quoted(name)} ${fault} ${last}`)
    }
    reached = end
    last = quoted(name)
  }
  if (reached === size) return
  const fault = reached > size ? 'the file may have been cut short' : 'no tensor owns the rest'
  throw badWeights(source, `the tensors take ${reached} bytes, the file holds ${size}: ${fault}`)
}
