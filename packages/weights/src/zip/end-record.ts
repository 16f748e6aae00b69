import type { ByteSource } from '../byte-source.ts'
import { badWeights, readRange, unsupportedWeights } from '../refuse.ts'

const END = 0x06054b50
const END_BYTES = 22
const LOCATOR = 0x07064b50
const LOCATOR_BYTES = 20
const END64 = 0x06064b50
const END64_BYTES = 56
const MAX_COMMENT = 0xffff

/** Where a zip's central directory lies. */
export interface DirectoryPlace {
  readonly offset: number
  readonly bytes: number
  readonly entries: number
}

/**
 * Finds the central directory by the record at the end of the file: the one whose comment ends exactly where the file does.
 * A zip64 record, which torch.save writes into small files too, takes its place when the locator before it says so.
 * @throws WeightsError 'bad-weights' when there is none or it contradicts the file; 'unsupported' for archives in parts
 */
export async function findEnd(source: ByteSource): Promise<DirectoryPlace> {
  const length = Math.min(source.size, END_BYTES + MAX_COMMENT + LOCATOR_BYTES)
  const start = source.size - length
  const bytes = await readRange(source, start, length, 'the end of the zip')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = length - END_BYTES
  while (at >= 0 && !(view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === length))
    at--
  if (at < 0) throw badWeights(source.name, 'the zip has no end record; the file may have been cut short')
  const place = {
    disk: view.getUint16(at + 4, true) | view.getUint16(at + 6, true),
    entriesHere: view.getUint16(at + 8, true),
    entries: view.getUint16(at + 10, true),
    bytes: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  }
  const wide = at >= LOCATOR_BYTES && view.getUint32(at - LOCATOR_BYTES, true) === LOCATOR
  if (place.disk !== 0 && place.disk !== 0xffff)
    throw unsupportedWeights(source.name, 'it is one part of a zip in several; join them first')
  if (!wide) return checked(source, place, place.entriesHere, start + at)
  const locator = new DataView(bytes.buffer, bytes.byteOffset + at - LOCATOR_BYTES, LOCATOR_BYTES)
  return readEnd64(source, place, locator, start + at - LOCATOR_BYTES)
}

async function readEnd64(
  source: ByteSource,
  narrow: DirectoryPlace,
  locator: DataView,
  locatorAt: number,
): Promise<DirectoryPlace> {
  const at = bigUint(locator, 8)
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) > 1) {
    throw unsupportedWeights(source.name, 'it is one part of a zip in several; join them first')
  }
  if (!(at + END64_BYTES <= locatorAt))
    throw badWeights(source.name, `the zip64 end record is said to be at ${at}, outside the file`)
  const bytes = await readRange(source, at, END64_BYTES, 'the zip64 end record')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== END64 || at + 12 + bigUint(view, 4) !== locatorAt) {
    throw badWeights(source.name, `there is no zip64 end record at ${at}`)
  }
  if (view.getUint32(16, true) !== 0 || view.getUint32(20, true) !== 0) {
    throw unsupportedWeights(source.name, 'it is one part of a zip in several; join them first')
  }
  const place = { entries: bigUint(view, 32), bytes: bigUint(view, 40), offset: bigUint(view, 48) }
  const agrees =
    (narrow.entries === 0xffff || narrow.entries === place.entries) &&
    (narrow.bytes === 0xffffffff || narrow.bytes === place.bytes) &&
    (narrow.offset === 0xffffffff || narrow.offset === place.offset)
  if (!agrees) throw badWeights(source.name, 'the two end records of the zip contradict each other')
  return checked(source, place, bigUint(view, 24), at)
}

function checked(source: ByteSource, place: DirectoryPlace, entriesHere: number, end: number): DirectoryPlace {
  const { offset, bytes, entries } = place
  if (entriesHere !== entries)
    throw badWeights(source.name, `the zip has ${entries} entries, ${entriesHere} of them here`)
  if (offset + bytes !== end) {
    throw badWeights(
      source.name,
      `the zip directory is said to be ${bytes} bytes at ${offset}; it should end at ${end}`,
    )
  }
  return { offset, bytes, entries }
}

/** A 64-bit number as a double: beyond 2^53 it is rounded, which the checks against the file's size then refuse. */
const bigUint = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
