import type { ByteSource } from '../byte-source.ts'
import type { WeightLimits } from '../limits.ts'
import { badWeights, overLimit, quoted, readRange, unsafeWeights, unsupportedWeights } from '../refuse.ts'
import { findEnd } from './end-record.ts'

/** One file of a zip, as its central directory has it: local headers of torch.save and of pipes hold no sizes. */
export interface ZipEntry {
  readonly name: string
  readonly deflated: boolean
  readonly flags: number
  /** Of the contents. */
  readonly crc: number
  /** Torch can be told to record no checksums: then all are 0. */
  readonly crcRecorded: boolean
  readonly storedBytes: number
  /** Once inflated. */
  readonly bytes: number
  /** Where its local header begins. */
  readonly offset: number
  /** Where the next entry, or the directory, begins. */
  readonly end: number
}

type RawEntry = Omit<ZipEntry, 'end' | 'crcRecorded'>

const CENTRAL = 0x02014b50
const CENTRAL_BYTES = 46
const NOT_HERE = 0xffffffff
/** Encrypted, strongly encrypted, or with masked headers. */
const ENCRYPTED = 0x2041

/**
 * A zip's entries by name, in the order of its central directory, which alone is read. What zip readers forgive is refused:
 * names that stand twice, entries that share bytes, records that leave the file or contradict each other.
 * @throws WeightsError 'bad-weights', 'unsafe-weights' (a name that is a path out of the archive), 'limit', 'unsupported'
 *   (encrypted, in parts, compressed otherwise than by deflate)
 */
export async function readDirectory(source: ByteSource, limits: WeightLimits): Promise<ReadonlyMap<string, ZipEntry>> {
  const { offset, bytes: size, entries: count } = await findEnd(source)
  if (size > limits.indexBytes)
    throw overLimit(source.name, `the zip directory has ${size} bytes, the limit is ${limits.indexBytes}`)
  if (count > limits.tensors)
    throw overLimit(source.name, `the zip has ${count} entries, the limit is ${limits.tensors}`)
  if (count * CENTRAL_BYTES > size)
    throw badWeights(source.name, `the zip directory says ${count} entries in ${size} bytes`)
  const bytes = await readRange(source, offset, size, 'the zip directory')
  const found: RawEntry[] = []
  let at = 0
  while (at < size) {
    const [entry, next] = readEntry(source, bytes, at)
    found.push(entry)
    at = next
  }
  if (found.length !== count)
    throw badWeights(source.name, `the zip directory holds ${found.length} entries and says ${count}`)
  return withEnds(source, found, offset)
}

function readEntry(source: ByteSource, bytes: Uint8Array, at: number): [RawEntry, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL) {
    throw badWeights(source.name, `the zip directory is broken at its byte ${at}`)
  }
  const nameBytes = view.getUint16(at + 28, true)
  const extraBytes = view.getUint16(at + 30, true)
  const nameEnd = at + CENTRAL_BYTES + nameBytes
  const next = nameEnd + extraBytes + view.getUint16(at + 32, true)
  if (next > bytes.length) throw badWeights(source.name, `the zip directory is broken at its byte ${at}`)
  const name = decodeName(bytes.subarray(at + CENTRAL_BYTES, nameEnd), source.name)
  const flags = view.getUint16(at + 8, true)
  const method = view.getUint16(at + 10, true)
  if (flags & ENCRYPTED)
    throw unsupportedWeights(source.name, `zip entry ${quoted(name)} is encrypted; decrypt the file first`)
  if (method !== 0 && method !== 8) {
    throw unsupportedWeights(
      source.name,
      `zip entry ${quoted(name)} is compressed by method ${method}; expected 0 (stored) or 8 (deflate)`,
    )
  }
  const wide = wideFields(view, nameEnd, nameEnd + extraBytes, [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ])
  if (!wide || view.getUint16(at + 34, true) !== 0) {
    throw badWeights(
      source.name,
      `zip entry ${quoted(name)} has sizes or an offset that no file holds, or is on another disk`,
    )
  }
  const [size, storedBytes, offset] = wide
  if (method === 0 && size !== storedBytes) {
    throw badWeights(
      source.name,
      `zip entry ${quoted(name)} is stored as it is, yet says ${storedBytes} and ${size} bytes`,
    )
  }
  return [
    { name, deflated: method === 8, flags, crc: view.getUint32(at + 16, true), storedBytes, bytes: size, offset },
    next,
  ]
}

/** Size, stored size, offset: those that are all ones stand in the zip64 extra field (id 1), in that order. */
function wideFields(
  view: DataView,
  from: number,
  to: number,
  fields: readonly [number, number, number],
): [number, number, number] | null {
  if (!fields.includes(NOT_HERE)) return [...fields]
  for (let at = from; at + 4 <= to; ) {
    const end = at + 4 + view.getUint16(at + 2, true)
    if (end > to) return null
    if (view.getUint16(at, true) === 1) {
      let reached = at + 4
      const values = fields.map((field) => {
        if (field !== NOT_HERE) return field
        if (reached + 8 > end) return Number.NaN
        reached += 8
        return view.getUint32(reached - 8, true) + view.getUint32(reached - 4, true) * 2 ** 32
      })
      const [size = Number.NaN, stored = Number.NaN, offset = Number.NaN] = values
      return values.every(Number.isSafeInteger) ? [size, stored, offset] : null
    }
    at = end
  }
  return null
}

function decodeName(bytes: Uint8Array, source: string): string {
  let name: string
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw badWeights(source, 'the zip directory has a name that is not UTF-8', cause)
  }
  if (/^\/|^[A-Za-z]:|\\|\0/.test(name) || name.split('/').includes('..')) {
    throw unsafeWeights(source, `zip entry ${quoted(name)} names a path outside the archive`)
  }
  return name
}

/** Tells each entry where the next begins; entries must not reach into one another or into the directory. */
function withEnds(source: ByteSource, found: readonly RawEntry[], directory: number): ReadonlyMap<string, ZipEntry> {
  const crcRecorded = found.some((entry) => entry.crc !== 0)
  const ends = new Map<RawEntry, number>()
  let end = directory
  for (const entry of [...found].sort((a, b) => b.offset - a.offset)) {
    // 30 bytes of local header and the name, at the least, stand before the contents.
    if (entry.offset + 30 + entry.name.length + entry.storedBytes > end) {
      throw badWeights(
        source.name,
        `zip entry ${quoted(entry.name)} (${entry.storedBytes} bytes at ${entry.offset}) reaches into what follows it`,
      )
    }
    ends.set(entry, end)
    end = entry.offset
  }
  const entries = new Map<string, ZipEntry>()
  for (const entry of found) {
    if (entries.has(entry.name)) throw badWeights(source.name, `zip entry ${quoted(entry.name)} stands twice`)
    entries.set(entry.name, { ...entry, crcRecorded, end: ends.get(entry) ?? directory })
  }
  return entries
}
