import type { ByteSource } from '../byte-source.ts'
import { badWeights, quoted, readRange } from '../refuse.ts'
import { crc32 } from './crc32.ts'
import type { ZipEntry } from './directory.ts'
import { inflate, MAX_DEFLATE_RATIO } from './inflate.ts'

const LOCAL = 0x04034b50
const LOCAL_BYTES = 30
/** Bytes of a stored entry checked at a time. */
const CHUNK = 2 ** 22
/** An inflated entry up to this size is kept until the next is asked for: views of one storage share it. */
const KEPT_BYTES = 2 ** 26

/** The contents of one zip entry, read by ranges. */
export interface ZipRecord {
  readonly name: string
  readonly size: number
  /**
   * `length` bytes from `offset`. The first read checks the checksum of the whole record where one is written; a part may be
   * had `unchecked`, for a look at its head.
   * @throws WeightsError 'bad-weights' when the record contradicts its directory entry or its checksum
   */
  read(offset: number, length: number, unchecked?: 'unchecked'): Promise<Uint8Array>
  /** Holds the record's local header to its directory entry, as `read` does, without reading what it holds. */
  check(): Promise<void>
}

/** The record inflated last, which views of one storage share; one place for a whole archive. */
export interface KeptRecord {
  entry?: ZipEntry
  bytes?: Uint8Array
}

/** Opens an entry: nothing is read until asked for. */
export function zipRecord(source: ByteSource, entry: ZipEntry, kept: KeptRecord): ZipRecord {
  const what = `zip entry ${quoted(entry.name)}`
  let data: Promise<number> | undefined
  const begins = () => {
    data ??= findData(source, entry, what)
    return data
  }
  let verified = !entry.crcRecorded
  const verify = (crc: number) => {
    if (crc !== entry.crc) throw badWeights(source.name, `the checksum of ${what} is wrong: the file is damaged`)
    verified = true
  }
  const stored = async (offset: number, length: number, unchecked: boolean): Promise<Uint8Array> => {
    const begin = await begins()
    const whole = offset === 0 && length === entry.bytes
    const bytes = await readRange(source, begin + offset, length, what)
    if (verified || unchecked) return bytes
    if (whole) verify(crc32(bytes))
    else {
      let crc = 0
      for (let at = 0; at < entry.bytes; at += CHUNK) {
        crc = crc32(await readRange(source, begin + at, Math.min(CHUNK, entry.bytes - at), what), crc)
      }
      verify(crc)
    }
    return bytes
  }
  const inflated = async (offset: number, length: number, unchecked: boolean): Promise<Uint8Array> => {
    if (kept.entry === entry && kept.bytes) return kept.bytes.slice(offset, offset + length)
    const begin = await begins()
    if (entry.bytes > entry.storedBytes * MAX_DEFLATE_RATIO + 64) {
      throw badWeights(
        source.name,
        `${what} says that ${entry.storedBytes} bytes inflate to ${entry.bytes}, more than deflate can`,
      )
    }
    if (unchecked)
      return (await inflate(source, begin, entry.storedBytes, offset + length, false, what)).subarray(offset)
    const bytes = await inflate(source, begin, entry.storedBytes, entry.bytes, true, what)
    if (!verified) verify(crc32(bytes))
    if (offset === 0 && length === entry.bytes) return bytes
    if (bytes.length <= KEPT_BYTES) Object.assign(kept, { entry, bytes })
    return bytes.slice(offset, offset + length)
  }
  return {
    name: entry.name,
    size: entry.bytes,
    read(offset, length, mode) {
      if (offset < 0 || length < 0 || offset + length > entry.bytes) {
        throw badWeights(source.name, `${what} has ${entry.bytes} bytes; ${length} were asked for from ${offset}`)
      }
      return (entry.deflated ? inflated : stored)(offset, length, mode === 'unchecked')
    },
    async check() {
      await begins()
    },
  }
}

/** Where an entry's contents begin: behind its local header, which must agree with the directory as far as it says anything. */
async function findData(source: ByteSource, entry: ZipEntry, what: string): Promise<number> {
  const nameBytes = new TextEncoder().encode(entry.name)
  const header = await readRange(source, entry.offset, LOCAL_BYTES + nameBytes.length, `the local header of ${what}`)
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const sizes: [number, number][] = [
    [view.getUint32(14, true), entry.crc],
    [view.getUint32(18, true), entry.storedBytes],
    [view.getUint32(22, true), entry.bytes],
  ]
  // Zeros where a data descriptor follows (written to a pipe), all ones where the zip64 field has the size.
  const agrees =
    view.getUint32(0, true) === LOCAL &&
    view.getUint16(6, true) === entry.flags &&
    view.getUint16(8, true) === (entry.deflated ? 8 : 0) &&
    view.getUint16(26, true) === nameBytes.length &&
    nameBytes.every((byte, i) => byte === header[LOCAL_BYTES + i]) &&
    sizes.every(([here, there]) => here === there || here === 0xffffffff || (entry.flags & 8 && here === 0))
  if (!agrees) throw badWeights(source.name, `the local header of ${what} contradicts the zip directory`)
  const begin = entry.offset + LOCAL_BYTES + nameBytes.length + view.getUint16(28, true)
  if (begin + entry.storedBytes <= entry.end) return begin
  throw badWeights(source.name, `${what} reaches into what follows it`)
}
