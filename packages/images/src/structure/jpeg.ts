import { cutOff, damaged, unsupported } from './fault.ts'
import { type HuffmanTable, readHuffmanTables } from './huffman.ts'
import { checkScan, type Scan } from './jpeg-scan.ts'
import { EOI, isFrame, SOI, SOS, segmentAt } from './jpeg-segment.ts'

/** Markers: tables, and how many units lie between restarts. */
const DHT = 0xc4
const DRI = 0xdd

/** The most segments of Huffman tables that are read: a progressive image has a few for each scan. */
const MAX_HUFFMAN_SEGMENTS = 1000

/** What the frames that are not read are, by their marker. */
const OTHER_FRAMES: Readonly<Record<number, string>> = {
  195: 'lossless JPEG',
  197: 'hierarchical JPEG',
  198: 'hierarchical JPEG',
  199: 'hierarchical JPEG',
  201: 'JPEG with arithmetic coding',
  202: 'JPEG with arithmetic coding',
  203: 'lossless JPEG',
  205: 'hierarchical JPEG',
  206: 'hierarchical JPEG',
  207: 'hierarchical JPEG',
}

interface Component {
  readonly horizontal: number
  readonly vertical: number
}

interface Frame {
  readonly progressive: boolean
  readonly width: number
  readonly height: number
  readonly components: ReadonlyMap<number, Component>
}

/** How a decoder is to take warnings. */
export type FailOn = 'error' | 'warning'

/**
 * Walks a JPEG from its first marker to its last. Of a sequential one the entropy-coded data are read as well (checkScan); a
 * progressive one is read whole by libjpeg before the first pixel, and its warnings are to be errors. Those of a sequential
 * one are not: many phones write a header that libjpeg warns of.
 * What follows the end marker does not matter: phones put videos and more pictures there.
 * @throws Fault
 */
export async function checkJpeg(bytes: Uint8Array): Promise<FailOn> {
  const tables = new Map<number, HuffmanTable>()
  const seen = new Set<number>()
  let frame: Frame | undefined
  let restartInterval = 0
  let huffmanTables = 0
  let at = 2
  for (;;) {
    const { marker, segment, end } = segmentAt(bytes, at)
    at = end
    if (marker === EOI) break
    if (marker === SOI) throw damaged('a second picture begins within it')
    if (!segment) continue
    if (marker === DHT) {
      if (++huffmanTables > MAX_HUFFMAN_SEGMENTS) throw damaged('it has more Huffman tables than any image')
      readHuffmanTables(segment, tables)
    } else if (marker === DRI) restartInterval = ((segment[0] ?? 0) << 8) | (segment[1] ?? 0)
    else if (isFrame(marker)) frame = readFrame(marker, segment)
    else if (marker === SOS) {
      if (!frame) throw damaged('its data come before the size of the picture')
      const ids = scanned(segment, frame)
      if (frame.progressive) at = skipScan(bytes, at)
      else {
        if (ids.some(({ id }) => seen.has(id))) throw damaged('it holds data of one colour twice')
        at = await checkScan(bytes, at, scanOf(frame, ids, tables, restartInterval))
      }
      for (const { id } of ids) seen.add(id)
    }
  }
  if (!frame || seen.size < frame.components.size) throw damaged('it ends before all its colours have come')
  return frame.progressive ? 'warning' : 'error'
}

function readFrame(marker: number, segment: Uint8Array): Frame {
  const other = OTHER_FRAMES[marker]
  if (other) throw unsupported(other)
  if (segment[0] !== 8) throw unsupported(`JPEG with ${segment[0]} bits a sample`)
  const count = segment[5] ?? 0
  const components = new Map<number, Component>()
  for (let i = 0; i < count; i++) {
    const [id, factors] = segment.subarray(6 + 3 * i, 8 + 3 * i)
    if (id === undefined || factors === undefined) throw damaged('its frame header is too short')
    components.set(id, { horizontal: factors >> 4, vertical: factors % 16 })
  }
  const height = (segment[1]! << 8) | segment[2]!
  const width = (segment[3]! << 8) | segment[4]!
  const factors = [...components.values()].flatMap(({ horizontal, vertical }) => [horizontal, vertical])
  if (!(width > 0 && height > 0) || components.size !== count || count === 0 || factors.some((f) => f < 1 || f > 4))
    throw damaged('its frame header tells an impossible size')
  return { progressive: marker === 0xc2, width, height, components }
}

interface Scanned {
  readonly id: number
  /** Ids of the Huffman tables: DC above, AC below. */
  readonly tables: number
}

/** The components that a scan's header names. */
function scanned(segment: Uint8Array, frame: Frame): Scanned[] {
  const count = segment[0] ?? 0
  if (count < 1 || count > 4 || segment.length < 1 + 2 * count) throw damaged('the header of its data is too short')
  const components = Array.from({ length: count }, (_, i) => ({ id: segment[1 + 2 * i]!, tables: segment[2 + 2 * i]! }))
  if (components.some(({ id }) => !frame.components.has(id)) || new Set(components.map(({ id }) => id)).size < count)
    throw damaged('it holds data of a colour that it does not have')
  return components
}

function scanOf(
  frame: Frame,
  scanned: readonly Scanned[],
  tables: ReadonlyMap<number, HuffmanTable>,
  restartInterval: number,
): Scan {
  const all = [...frame.components.values()]
  const most = (side: keyof Component) => Math.max(...all.map((component) => component[side]))
  const table = (key: number): HuffmanTable => {
    const found = tables.get(key)
    if (!found) throw damaged('it lacks a Huffman table that its data need')
    return found
  }
  const alone = scanned.length === 1
  const components = scanned.map((one) => {
    const { horizontal, vertical } = frame.components.get(one.id)!
    return {
      horizontal,
      vertical,
      blocks: alone ? 1 : horizontal * vertical,
      dc: table(one.tables >> 4),
      ac: table(16 + (one.tables % 16)),
    }
  })
  const [first] = components
  // An MCU of one component is one block; of several, a block for each unit of every sampling factor.
  const across = (size: number, side: keyof Component): number =>
    alone && first ? Math.ceil(Math.ceil((size * first[side]) / most(side)) / 8) : Math.ceil(size / (8 * most(side)))
  const mcus = across(frame.width, 'horizontal') * across(frame.height, 'vertical')
  return { components, mcus, restartInterval }
}

/** The marker after a scan's data: neither a stuffed 0xff nor a restart marker. More of 0xff may stand before a marker alone. */
function skipScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const first = at
    while (bytes[at + 1] === 0xff) at++
    const next = bytes[at + 1]
    if (next === undefined) break
    if (next === 0 && at > first) throw damaged('its data hold a marker that is none')
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return first
  }
  throw cutOff('its data have no end')
}
