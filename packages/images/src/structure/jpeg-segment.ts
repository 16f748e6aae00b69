import { cutOff, damaged } from './fault.ts'

/** Markers: the beginning of a picture, its end, its scans. */
export const SOI = 0xd8
export const EOI = 0xd9
export const SOS = 0xda

/** Huffman tables and two more, whose markers lie among those of frames. */
const OTHERS = [0xc4, 0xc8, 0xcc]

/** Whether a marker says how the picture is coded, and its size. */
export const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && !OTHERS.includes(marker)

export interface Segment {
  readonly marker: number
  /** What follows its length; null of a marker that stands alone. */
  readonly segment: Uint8Array | null
  /** Where what follows begins. */
  readonly end: number
}

/** The segment of a JPEG's header at `at`. @throws Fault */
export function segmentAt(bytes: Uint8Array, at: number): Segment {
  const code = markerAt(bytes, at)
  const marker = bytes[code]!
  const from = code + 1
  if ((marker >= 0xd0 && marker <= EOI) || marker === 1) return { marker, segment: null, end: from }
  const length = ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0)
  if (from + length > bytes.length) throw cutOff('a segment of its header reaches beyond its end')
  if (length < 2) throw damaged('a segment of its header has no length')
  return { marker, segment: bytes.subarray(from + 2, from + length), end: from + length }
}

/** Where the code of the marker at `at` is: it may have any number of 0xff before it. */
function markerAt(bytes: Uint8Array, at: number): number {
  let code = at
  while (bytes[code] === 0xff) code++
  if (code >= bytes.length) throw cutOff('its end marker is missing')
  if (code === at || bytes[code] === 0) throw damaged('it has bytes between its segments that belong to none')
  return code
}
