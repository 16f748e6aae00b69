import type { ByteSource } from '../byte-source.ts'
import { DTYPE_BYTES } from '../dtype.ts'
import type { WeightLimits } from '../limits.ts'
import { Cursor, PickleEnds } from '../pickle/cursor.ts'
import { unpickle } from '../pickle/machine.ts'
import type { PickleHost } from '../pickle/opcodes.ts'
import { PickleDict, PickleList, type PickleValue } from '../pickle/values.ts'
import { badWeights, overLimit, quoted, readRange, unsupportedWeights } from '../refuse.ts'
import type { StateDict } from '../state-dict.ts'
import { torchHost } from '../torch/host.ts'
import { StorageRef } from '../torch/refs.ts'
import { bindTensors, type StorageBytes } from '../torch/storage.ts'
import { collect } from '../torch/walk.ts'

const MAGIC = 0x1950a86a20f9469cfc6cn
const PROTOCOL = 1001
/** LONG1 of ten bytes: how every protocol from 2 on writes the magic number; PROTO and, from 4 on, a FRAME come before it. */
const WRITTEN_MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
/** Bytes read first; when the pickles turn out longer, all is read again up to four times as far. */
const WINDOW = 2 ** 18

/** Whether a file's first bytes are a pickle of PyTorch's magic number. */
export function isLegacy(head: Uint8Array): boolean {
  return [2, 11].some((at) => head[0] === 0x80 && WRITTEN_MAGIC.every((byte, i) => head[at + i] === byte))
}

/**
 * Opens what torch.save wrote before 1.6: pickles one after another (magic number, protocol version, a record of the system,
 * the objects, the storages' keys), then for each key its number of elements as int64 and its bytes. Read now: the pickles
 * and each storage's count.
 */
export async function openLegacy(source: ByteSource, limits: WeightLimits): Promise<StateDict> {
  const { value, keys, bigEndian, storages, end } = await readPickles(source, limits)
  const contents = collect(source.name, value, '/', limits)
  const found = await locate(source, keys, storages, end, bigEndian)
  const tensors = bindTensors(source.name, contents.tensors, (key) => found.get(key), bigEndian)
  return { source: source.name, format: 'torch-legacy', tensors, metadata: {}, scalars: contents.scalars }
}

interface Stream {
  readonly value: PickleValue
  readonly keys: PickleValue
  readonly bigEndian: boolean
  /** Every storage that the objects name. */
  readonly storages: ReadonlyMap<string, StorageRef>
  /** Where the pickles end. */
  readonly end: number
}

/** The pickles do not say how long they are: more is read until the last one ends. */
async function readPickles(source: ByteSource, limits: WeightLimits): Promise<Stream> {
  const most = Math.min(source.size, limits.indexBytes)
  for (let length = Math.min(WINDOW, most); ; length = Math.min(4 * length, most)) {
    const bytes = await readRange(source, 0, length, 'the pickles')
    try {
      return parseStream(source, bytes, limits)
    } catch (cause) {
      if (!(cause instanceof PickleEnds)) throw cause
      if (length === source.size) throw badWeights(source.name, `the pickles are cut short or broken: ${cause.message}`)
      if (length === most) throw overLimit(source.name, `the pickles have more than ${limits.indexBytes} bytes`)
    }
  }
}

function parseStream(source: ByteSource, bytes: Uint8Array, limits: WeightLimits): Stream {
  const cursor = new Cursor(bytes)
  const storages = new Map<string, StorageRef>()
  const host = torchHost(source.name, limits)
  const noting: PickleHost = {
    ...host,
    persistent(id) {
      const storage = host.persistent(id)
      if (storage instanceof StorageRef) note(source, storages, storage)
      return storage
    },
  }
  if (unpickle(cursor, host) !== MAGIC) throw badWeights(source.name, "a pickle without PyTorch's magic number")
  const protocol = unpickle(cursor, host)
  if (protocol !== PROTOCOL)
    throw unsupportedWeights(source.name, `PyTorch's stream format ${String(protocol)}; ${PROTOCOL} is read`)
  const system = unpickle(cursor, host)
  const little = system instanceof PickleDict ? system.entries.get('little_endian') : undefined
  if (typeof little !== 'boolean')
    throw badWeights(source.name, "the stream's record of the system has no little_endian")
  const value = unpickle(cursor, noting)
  const keys = unpickle(cursor, host)
  return { value, keys, bigEndian: !little, storages, end: cursor.at }
}

/** Views of one storage all name its key; the stream holds the longest, which is the whole. */
function note(source: ByteSource, storages: Map<string, StorageRef>, storage: StorageRef): void {
  const known = storages.get(storage.key)
  if (known && known.dtype !== storage.dtype)
    throw badWeights(source.name, `storage ${quoted(storage.key)} is of two types`)
  if (!known || known.start + known.numel < storage.start + storage.numel) storages.set(storage.key, storage)
}

/** Where each storage lies: one must be there for every key, each where the one before ends, the last at the file's end. */
async function locate(
  source: ByteSource,
  keys: PickleValue,
  storages: ReadonlyMap<string, StorageRef>,
  end: number,
  bigEndian: boolean,
): Promise<ReadonlyMap<string, StorageBytes>> {
  if (!(keys instanceof PickleList)) throw badWeights(source.name, 'the stream has no list of storages')
  const found = new Map<string, StorageBytes>()
  let at = end
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (typeof key !== 'string' || !storage) throw badWeights(source.name, 'a storage is listed that no tensor has')
    const what = `storage ${quoted(key)}`
    if (found.has(key)) throw badWeights(source.name, `${what} is listed twice`)
    const head = await readRange(source, at, 8, `the size of ${what}`)
    const count = Number(new DataView(head.buffer, head.byteOffset, 8).getBigInt64(0, !bigEndian))
    if (count < storage.start + storage.numel) {
      throw badWeights(source.name, `${what} has ${count} elements, its tensors say ${storage.start + storage.numel}`)
    }
    const begin = at + 8
    const size = count * (storage.dtype === null ? 1 : DTYPE_BYTES[storage.dtype])
    if (!(begin + size <= source.size)) {
      throw badWeights(source.name, `${what} has ${count} elements, more than the file; it may have been cut short`)
    }
    found.set(key, { size, read: (offset, length) => readRange(source, begin + offset, length, what) })
    at = begin + size
  }
  if (at !== source.size) throw badWeights(source.name, `${source.size - at} bytes stand behind the last storage`)
  return found
}
